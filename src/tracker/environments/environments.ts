export interface EnvironmentRequest {
  /** The requirements file, absolute. */
  readonly requirements: string;
  /** Python that builds the environment: a path, or a name on PATH. */
  readonly python?: string | undefined;
  readonly variables: Readonly<Record<string, string>>;
  readonly workspace?: string;
  readonly signal: AbortSignal;
  readonly onProgress?: (message: string) => void;
}

export interface BuiltEnvironment {
  readonly directory: string;
  readonly python: string;
  readonly hash: string;
}

export interface Environments {
  /** The environment of a requirements file, built where it is not there yet; one build for all who ask meanwhile. */
  ensure(request: EnvironmentRequest): Promise<BuiltEnvironment>;
}
