/** A long name or path that may break after its separators, instead of anywhere. */
export function Breakable({ text }: { text: string }) {
  const parts = text.split(/(?<=[/\\._:=,-])(?=\w)/);
  if (parts.length === 1) return <>{text}</>;
  return (
    <>
      {parts.map((part, index) => (
        <>
          {index > 0 ? <wbr /> : null}
          {part}
        </>
      ))}
    </>
  );
}
