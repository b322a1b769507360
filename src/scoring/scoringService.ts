import { createHash, timingSafeEqual } from 'node:crypto';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AccessLog } from './accessLog.ts';
import { parseCsv } from './csv.ts';
import { fromFrame } from './forms.ts';
import { InputError } from './inputError.ts';
import type { OnnxModel } from './onnxModel.ts';
import { bodyKind, parseJson, RequestRefusal, readBody } from './requestBody.ts';
import { ServiceMetrics } from './serviceMetrics.ts';

export interface ScoringOptions {
  readonly model: string;
  readonly version: string;
  readonly program: string;
  /** Most bytes of a body. */
  readonly maxBody: number;
  /** Where set, every route but the health routes asks for `Authorization: Bearer <key>`. */
  readonly key?: string | undefined;
  readonly log: AccessLog;
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly type?: string;
}

/**
 * The HTTP face of one model, in MLflow's protocol: `/invocations`, `/ping`, `/health`, `/version`, and `/metrics` for
 * Prometheus. It listens before the model is loaded and after it was told to leave, and says 503 at both times.
 */
export class ScoringService {
  readonly #options: ScoringOptions;
  readonly #metrics: ServiceMetrics;
  readonly #server: http.Server;
  readonly #keyHash: Buffer | undefined;
  #model: OnnxModel | undefined;
  #draining = false;

  constructor(options: ScoringOptions) {
    this.#options = options;
    this.#metrics = new ServiceMetrics(options.model, options.version);
    this.#keyHash = options.key === undefined ? undefined : sha256(options.key);
    this.#server = http.createServer({ keepAliveTimeout: 65_000, requestTimeout: 60_000 }, (request, response) => {
      void this.#serve(request, response);
    });
  }

  get ready(): boolean {
    return this.#model !== undefined && !this.#draining;
  }

  /** Resolves with the port. @throws Error with code EADDRINUSE and its kin */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  /** From here on predictions are answered. */
  open(model: OnnxModel): void {
    this.#model = model;
  }

  /** Refuses what is new, answers what has begun, then resolves; at the latest after `limitMs`. */
  async drain(limitMs: number): Promise<void> {
    this.#draining = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const limit = new Promise<void>((resolve) => setTimeout(resolve, limitMs).unref());
    await Promise.race([closed, limit]);
    this.#server.closeAllConnections();
    this.#options.log.flush();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const began = performance.now();
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    let answer: Answer;
    try {
      answer = await this.#answer(request, path);
    } catch (error) {
      answer = toAnswer(error);
    }
    if (request.destroyed && !request.complete) return;
    const body = Buffer.from(answer.body);
    response.writeHead(answer.status, {
      'content-type': answer.type ?? 'application/json',
      'content-length': body.length,
      'x-content-type-options': 'nosniff',
      // What was refused unread must not be taken for the next request.
      ...(answer.status === 413 || this.#draining || !request.complete ? { connection: 'close' } : {}),
      ...(answer.status === 503 ? { 'retry-after': '1' } : {}),
      ...(answer.status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
    });
    response.end(body);
    const ms = performance.now() - began;
    if (path === '/invocations') this.#metrics.answered(answer.status, ms / 1000);
    // Health probes come every few seconds and say nothing as long as they succeed.
    if (path === '/invocations' || answer.status >= 400) {
      const { method } = request;
      this.#options.log.write({
        t: Date.now(),
        method,
        path,
        status: answer.status,
        ms: round(ms),
        bytes: body.length,
      });
    }
  }

  #answer(request: IncomingMessage, path: string): Promise<Answer> | Answer {
    if (path === '/ping' || path === '/health') return this.#health(request);
    if (!this.#isAllowed(request)) throw new RequestRefusal(401, 'The key is missing or wrong.');
    switch (path) {
      case '/invocations':
        return this.#invoke(request);
      case '/version':
        return expectGet(request, { status: 200, type: 'text/plain', body: this.#options.program });
      case '/metrics':
        return expectGet(request, {
          status: 200,
          type: 'text/plain; version=0.0.4; charset=utf-8',
          body: this.#metrics.render(this.ready),
        });
      case '/':
        return expectGet(request, { status: 200, body: JSON.stringify(this.#about()) });
      default:
        throw new RequestRefusal(
          404,
          'No such route. There are /invocations, /ping, /health, /version, /metrics and /.',
        );
    }
  }

  #health(request: IncomingMessage): Answer {
    if (this.ready) return expectGet(request, { status: 200, type: 'text/plain', body: 'OK\n' });
    throw new RequestRefusal(503, this.#draining ? 'The service is stopping.' : 'The model is being loaded.');
  }

  #about(): Record<string, unknown> {
    const { model, version, program } = this.#options;
    return { model, version, program, ready: this.ready, signature: this.#model?.signature };
  }

  async #invoke(request: IncomingMessage): Promise<Answer> {
    if (request.method !== 'POST') throw new RequestRefusal(405, 'Send a POST.');
    const kind = bodyKind(request);
    // What is read already is answered also while draining; only a service without a model has nothing to say.
    const model = this.#model;
    if (!model) throw new RequestRefusal(503, 'The model is being loaded.');
    const text = (await readBody(request, this.#options.maxBody)).toString('utf8');
    let predictions: unknown;
    if (kind === 'csv') {
      const { columns, rows } = parseCsv(text);
      predictions = await model.run(fromFrame(columns, rows, model.signature.inputs));
    } else {
      predictions = await model.predict(parseJson(text));
    }
    return { status: 200, body: JSON.stringify({ predictions }) };
  }

  /** Compares hashes, so that neither content nor length of the key shows in the time it takes. */
  #isAllowed(request: IncomingMessage): boolean {
    if (this.#keyHash === undefined) return true;
    const sent = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
    return timingSafeEqual(sha256(sent), this.#keyHash);
  }
}

function expectGet(request: IncomingMessage, answer: Answer): Answer {
  if (request.method === 'GET' || request.method === 'HEAD') return answer;
  throw new RequestRefusal(405, 'Send a GET.');
}

const CODES: Record<number, string> = {
  401: 'UNAUTHENTICATED',
  404: 'ENDPOINT_NOT_FOUND',
  503: 'TEMPORARILY_UNAVAILABLE',
};

/** MLflow's form of an error. What is not the sender's fault gets no details: those are for the log. */
function toAnswer(error: unknown): Answer {
  if (error instanceof InputError) return problem(400, error.message);
  if (error instanceof RequestRefusal) return problem(error.status, error.message);
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return problem(500, 'The service failed; its log says why.');
}

function problem(status: number, message: string): Answer {
  const code = CODES[status] ?? (status === 500 ? 'INTERNAL_ERROR' : 'BAD_REQUEST');
  return { status, body: JSON.stringify({ error_code: code, message }) };
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
