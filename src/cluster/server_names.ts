/** How clients write the name of a server before they hash it. */

const DEFAULT_PORT = 11211;

/** As libmemcached does: like twemproxy, but a unix socket has port 0. */
export function libmemcachedName(name: string): string {
  return isPath(name) ? `${pathOf(name)}:0` : withoutDefaultPort(name);
}

/** As libmemcached does for the ring of spymemcached: a slash, and always a port. */
export function libmemcachedSpyName(name: string): string {
  return `/${isPath(name) ? `${pathOf(name)}:0` : withoutBrackets(withPort(name))}`;
}

/** As twemproxy does: `host` if the port is 11211, else `host:port`; IPv6 without brackets, other names as they are. */
export function withoutDefaultPort(name: string): string {
  const plain = withoutBrackets(name);
  const suffix = `:${DEFAULT_PORT}`;
  return plain.endsWith(suffix) && hasPort(name) ? plain.slice(0, -suffix.length) : plain;
}

/** As most others do: `host:port`, always with its port. */
export function withPort(name: string): string {
  return hasPort(name) || isPath(name) ? name : `${name}:${DEFAULT_PORT}`;
}

/** As EVCache does: the host twice, the second time with its port. */
export function evcacheName(name: string): string {
  const full = withPort(name);
  return `${full.replace(/:\d+$/, "")}/${full}`;
}

/** Whether the name ends in a port, which the last group of a bare IPv6 address is not. */
function hasPort(name: string): boolean {
  return /^(\[.*\]|[^:]*):\d+$/.test(name);
}

function withoutBrackets(name: string): string {
  return name.replace(/^\[(.*)\]/, "$1");
}

function pathOf(name: string): string {
  return name.replace(/^unix:/, "");
}

function isPath(name: string): boolean {
  return name.startsWith("/") || name.startsWith("unix:");
}
