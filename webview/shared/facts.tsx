import type { ComponentChildren } from 'preact';

interface SectionProps {
  readonly title: string;
  readonly tools?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** A titled part of a page. */
export function Section({ title, tools, children }: SectionProps) {
  return (
    <section class="section">
      <div class="section-head">
        <h2>{title}</h2>
        {tools}
      </div>
      {children}
    </section>
  );
}

/** Named facts; those that are not known are left out. */
export function FactTable({ facts }: { facts: readonly (readonly [string, string | number | false | undefined])[] }) {
  return (
    <table class="facts-table">
      <tbody>
        {facts.map(([name, value]) =>
          value === undefined || value === '' || value === false || value === 0 ? null : (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{value}</td>
            </tr>
          ),
        )}
      </tbody>
    </table>
  );
}
