/** Gets PHP, Python's clients and Ruby from the packages of the system, into the cache folder. */

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Download } from "../support/apt_fetch.ts";
import { run } from "../support/run_command.ts";
import { installPackages } from "./install_packages.ts";

/** A language that has clients for memcached. */
export type Language = "php" | "python" | "ruby";

/** The packages that are asked for; what they need comes with them. */
const PACKAGES: Readonly<Record<Language, readonly string[]>> = {
  php: ["php-cli", "php-memcached"],
  python: ["python3", "python3-pylibmc", "python3-memcache", "python3-pymemcache"],
  ruby: ["ruby", "ruby-dalli"],
};

/** What these packages name but scripts do not need, or is in every system and must be the system's own. */
const NEEDLESS =
  /^(libc6|phpapi-.*|ucf|tzdata|debconf|media-types|mime-support|mailcap|sensible-utils|rake|ruby-(?!dalli|json|connection-pool).*|dpkg|tar|psmisc|openssl|ca-certificates|readline-common|gcc-\d+-base|libjs-.*|fonts-.*|perl.*)$/;

/** The packages of one step further are fetched as long as there are any; no chain of them is longer. */
const STEPS = 8;

/**
 * Returns the command, with its first arguments, that runs a script with the clients of a language; fetched if need be, made whole or
 * not at all.
 *
 * @throws {Error} With what apt-get said.
 */
export function installLanguage(language: Language, log: (line: string) => void): Promise<readonly string[]> {
  return installPackages({
    name: `interop-${language}`,
    log,
    look: (folder) => look(language, folder),
    fetch: (download, work) => fetch(language, { download, work, log }),
  });
}

async function fetch(
  language: Language,
  { download, work, log }: {
    readonly download: Download;
    readonly work: string;
    readonly log: (line: string) => void;
  },
): Promise<void> {
  let wanted = PACKAGES[language];
  const seen = new Set(wanted);
  let files = await download(wanted);
  for (let step = 0; step < STEPS && files.length > 0; step++) {
    const names: string[] = [];
    for (const file of files) names.push(...await neededBy(work, file));
    wanted = [...new Set(names)].filter((name) => !seen.has(name) && !NEEDLESS.test(name));
    for (const name of wanted) seen.add(name);
    if (wanted.length === 0) return;
    files = await download(wanted).catch(async () => {
      // A name that several packages share is none of a package; the others are fetched all the same.
      const each: string[] = [];
      for (const name of wanted) each.push(...await download([name]).catch((error: Error) => (log(error.message), [])));
      return each;
    });
  }
}

/** The packages that one names; of alternatives, the first. */
async function neededBy(work: string, file: string): Promise<string[]> {
  const depends = await run("dpkg-deb", ["-f", file, "Depends", "Pre-Depends"], work);
  const items = depends.replace(/^(Pre-)?Depends:/gm, ",").split(/[,\n]/);
  return items.map((item) => item.trim().split(/[ (|:]/)[0] ?? "").filter((name) => name !== "");
}

/** Finds the parts in the folder, and runs a line of the language to see that all can be loaded. */
async function look(language: Language, folder: string): Promise<readonly string[]> {
  const usr = join(folder, "usr");
  const [triplet = ""] = (await readdir(join(usr, "lib"))).filter((name) => name.includes("-linux-"));
  const libraries = [join(usr, "lib", triplet), join(folder, "lib", triplet)].join(":");
  const command = ["env", `LD_LIBRARY_PATH=${libraries}`, ...await LOOKS[language](usr, triplet)];
  await run(command[0]!, [...command.slice(1), ...TRIALS[language]]);
  return command;
}

type Look = (usr: string, triplet: string) => Promise<readonly string[]>;

const LOOKS: Readonly<Record<Language, Look>> = {
  php: async (usr) => {
    const extensions = join(usr, "lib", "php", await only(join(usr, "lib", "php"), /^\d{8}$/));
    const load = ["igbinary", "msgpack", "memcached"].flatMap((name) => ["-d", `extension=${name}.so`]);
    const php = await only(join(usr, "bin"), /^php\d/);
    return [join(usr, "bin", php), "-n", "-d", `extension_dir=${extensions}`, ...load];
  },
  python: async (usr) => {
    const python = await only(join(usr, "bin"), /^python3\.\d+$/);
    const modules = join(usr, "lib", "python3", "dist-packages");
    return [`PYTHONHOME=${usr}`, `PYTHONPATH=${modules}`, join(usr, "bin", python), "-B", "-s"];
  },
  ruby: async (usr, triplet) => {
    const ruby = await only(join(usr, "bin"), /^ruby\d/);
    const version = await only(join(usr, "lib", "ruby"), /^\d+\.\d+\.\d+$/);
    const gems = join(usr, "share", "rubygems-integration", "all", "gems");
    const folders = [
      join(gems, await only(gems, /^dalli-/), "lib"),
      join(usr, "lib", "ruby", "vendor_ruby"),
      join(usr, "lib", "ruby", version),
      join(usr, "lib", triplet, "ruby", version),
    ];
    return [`RUBYLIB=${folders.join(":")}`, join(usr, "bin", ruby), "--disable-gems"];
  },
};

const TRIALS: Readonly<Record<Language, readonly string[]>> = {
  php: ["-r", "new Memcached();"],
  python: ["-c", "import pylibmc, memcache, pymemcache"],
  ruby: ["-e", 'require "dalli"; require "json"'],
};

/** The name of that form in a folder. */
async function only(folder: string, form: RegExp): Promise<string> {
  const [name] = (await readdir(folder)).filter((name) => form.test(name)).sort();
  if (name === undefined) throw new Error(`Nothing in ${folder} is named like ${form}`);
  return name;
}
