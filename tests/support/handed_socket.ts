/**
 * Opens a socket and becomes another program that inherits it as descriptor 3, as systemd does it (sd_listen_fds(3)):
 * `tcp:PORT`, `unix:PATH`, or `null` for a descriptor that is no socket; then how many are announced.
 */
const LAUNCHER = `
import os, socket, sys
what, count, command = sys.argv[1], sys.argv[2], sys.argv[3:]
kind, _, place = what.partition(":")
if kind == "null":
    fd = os.open("/dev/null", os.O_RDONLY)
else:
    s = socket.socket(socket.AF_INET if kind == "tcp" else socket.AF_UNIX)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", int(place)) if kind == "tcp" else place)
    s.listen(128)
    fd = s.detach()
if fd != 3:
    os.dup2(fd, 3)
    os.close(fd)
os.set_inheritable(3, True)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=count)
os.execvp(command[0], command)
`;

/** The command that runs another one with a socket. Needs python3. */
export function withSocket(
  place: string,
  command: readonly string[],
  announced = 1,
): readonly string[] {
  return ["python3", "-c", LAUNCHER, place, String(announced), ...command];
}
