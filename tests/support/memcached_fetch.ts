/** Fetches memcached and the libraries it lacks with the system's package manager, into a folder and without root. */

import { randomUUID } from "node:crypto";
import { access, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openApt } from "./apt_fetch.ts";
import { onPath, run } from "./run_command.ts";

/** What the unpacked folder holds to be started: it sets the path of the libraries, wherever the folder is. */
const START_SCRIPT = `#!/bin/sh
here=$(dirname "$0")
for libraries in "$here"/usr/lib/*-linux-* "$here"/lib/*-linux-* "$here"/usr/lib64; do
  [ -d "$libraries" ] && LD_LIBRARY_PATH="$libraries\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
  [ -d "$libraries/sasl2" ] && export SASL_PATH="$libraries/sasl2\${SASL_PATH:+:$SASL_PATH}"
done
export LD_LIBRARY_PATH
exec "$here/usr/bin/memcached" "$@"
`;

/**
 * Fetches memcached into `folder`, which is made whole or not at all, and returns the path of what starts it.
 *
 * @throws {Error} When there is no package manager that can do it, or what it said when it could not.
 */
export async function fetchMemcached(folder: string, log: (line: string) => void): Promise<string> {
  const work = `${folder}.${randomUUID()}`;
  await mkdir(work, { recursive: true });
  try {
    if (await onPath("apt-get") && await onPath("dpkg-deb")) await fetchWithApt(work, log);
    else if (await onPath("dnf") && await onPath("rpm2cpio") && await onPath("cpio")) await fetchWithDnf(work, log);
    else throw new Error("there is neither apt-get nor dnf to fetch it with");
    const unpacked = join(work, "root");
    await writeFile(join(unpacked, "memcached"), START_SCRIPT, { mode: 0o755 });
    await run(join(unpacked, "memcached"), ["-V"], work);
    // Another process may have fetched it at the same time: whichever is first stays.
    await rename(unpacked, folder).catch(() => access(join(folder, "memcached")));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return join(folder, "memcached");
}

async function fetchWithApt(work: string, log: (line: string) => void): Promise<void> {
  const download = await openApt(work, log);
  let files = await download(["memcached"]);
  const fetched = new Set(["memcached"]);
  while (await lacksLibraries(work)) {
    const names: string[] = [];
    for (const file of files) names.push(...await librariesNeededBy(work, file));
    const wanted = [...new Set(names)].filter((name) => !fetched.has(name));
    if (wanted.length === 0) throw new Error("libraries that memcached needs are in no package it names");
    for (const name of wanted) fetched.add(name);
    files = await download(wanted);
  }
  // No package that memcached names as needed, but without it there is no mechanism to authenticate by.
  await download(["libsasl2-modules"]).catch((error: Error) => log(`Authentication will not work: ${error.message}`));
}

/** The library packages that a package names; the C library is everywhere and must be the system's own. */
async function librariesNeededBy(work: string, file: string): Promise<string[]> {
  const depends = await run("dpkg-deb", ["-f", file, "Depends", "Pre-Depends"], work);
  const names = depends.split(/[,:\n]/).map((item) => item.trim().split(/[ (|]/)[0] ?? "");
  return names.filter((name) => name.startsWith("lib") && name !== "libc6");
}

async function lacksLibraries(work: string): Promise<boolean> {
  const folders = join(work, "root", "usr", "lib");
  const inside = await readdir(folders).catch(() => []);
  const path = inside.map((name) => join(folders, name)).join(":");
  const script = `LD_LIBRARY_PATH="${path}" ldd root/usr/bin/memcached`;
  return (await run("sh", ["-c", script], work)).includes("not found");
}

async function fetchWithDnf(work: string, log: (line: string) => void): Promise<void> {
  log("Fetching memcached and what it needs with dnf");
  await run("dnf", ["-q", "download", "--resolve", "--destdir", work, "memcached", "cyrus-sasl-plain"], work);
  await run("sh", ["-c", "mkdir root && cd root && for f in ../*.rpm; do rpm2cpio $f | cpio -idm; done"], work);
}
