export interface EndRequest {
  readonly directory: string;
  readonly run: string;
  readonly graceMs: number;
}

export async function endRunProcesses(_request: EndRequest): Promise<void> {}
