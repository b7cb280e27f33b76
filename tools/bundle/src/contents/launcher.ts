// The script `tandem` at the top of the archive.

/** What can be started, and the built file that starts it, from the archive's folder. */
export const programs: Readonly<Record<string, { readonly about: string; readonly main: string }>> = {
  doctor: { about: "what this host has, and what is wrong with it", main: "tools/bundle/dist/doctor/main.js" },
  start: { about: "trains a network", main: "apps/trainer/dist/main.js" },
  bench: { about: "measures the backends beside other libraries", main: "tools/bench/dist/main.js" },
  reproduce: { about: "the paper's experiments", main: "apps/reproduce/dist/main.js" },
  devices: { about: "backends, adapters, and what they can do", main: "tools/devices/dist/main.js" },
};

/** For any POSIX shell, with an empty environment too, from any folder, and through symbolic links. */
export function launcherScript(available: readonly string[]): string {
  const known = Object.entries(programs).filter(([name]) => available.includes(name));
  return `#!/bin/sh
# Starts Tandem with the Node that lies beside this script.
script=$0
while [ -h "$script" ]; do
  link=$(readlink "$script")
  case $link in
    /*) script=$link ;;
    *) script=\${script%/*}/$link ;;
  esac
done
case $script in
  */*) folder=$(cd "\${script%/*}" && pwd) ;;
  *) folder=$(pwd) ;;
esac

program=\${1:-}
[ $# -gt 0 ] && shift
case $program in
${known.map(([name, { main }]) => `  ${name}) main=${main} ;;`).join("\n")}
  *)
    [ "$program" = --help ] || [ "$program" = -h ] || [ -z "$program" ] || echo "tandem: there is no \\"$program\\"" >&2
    cat <<'USAGE'
usage: ./tandem PROGRAM [arguments]; ./tandem PROGRAM --help says what it takes

${known.map(([name, { about }]) => `  ${name.padEnd(10)} ${about}`).join("\n")}
USAGE
    [ "$program" = --help ] || [ "$program" = -h ] && exit 0
    exit 2 ;;
esac

# Relative paths among the arguments mean the folder where the user stands.
INIT_CWD=\${INIT_CWD:-$(pwd)}
export INIT_CWD
exec "$folder/bin/node" "$folder/$main" "$@"
`;
}
