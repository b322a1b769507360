import http from 'node:http';
import net from 'node:net';

export interface RawReply {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

export interface RawRequest {
  readonly port: number;
  readonly method?: string;
  readonly path: string;
  /** Sent as they are, Host included; without one the right Host is sent. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** One request over a connection of its own, with any method, Host and path: what `fetch` would not send. */
export function rawRequest({ port, method = 'GET', path, headers = {}, body }: RawRequest): Promise<RawReply> {
  return new Promise((resolve, reject) => {
    const all = { host: `127.0.0.1:${port}`, ...headers };
    const request = http.request({ host: '127.0.0.1', port, method, path, headers: all, setHost: false, agent: false });
    request.on('error', reject);
    // An event stream that should have been refused would otherwise never end.
    request.setTimeout(20_000, () => request.destroy(new Error(`${method} ${path}: no end of the answer in 20 s`)));
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
      response.on('error', reject);
    });
    request.end(body);
  });
}

/** Writes bytes to a bare socket and collects what comes back until the other side closes. */
export function rawBytes(
  port: number,
  bytes: string | Buffer,
  onConnect?: (socket: net.Socket) => void,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.write(bytes);
      onConnect?.(socket);
    });
    let text = '';
    socket.setEncoding('latin1').on('data', (part: string) => {
      text += part;
    });
    // A reset after the answer was read is an end like another.
    socket.on('error', (error) => (text === '' ? reject(error) : resolve(text)));
    socket.on('close', () => resolve(text));
  });
}
