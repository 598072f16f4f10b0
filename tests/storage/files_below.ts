/** Paths of all files below a folder of the system, relative to it, sorted. */
export async function filesBelow(folder: string, prefix = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    const path = prefix + entry.name;
    if (entry.isDirectory) found.push(...await filesBelow(`${folder}/${entry.name}`, `${path}/`));
    else found.push(path);
  }
  return found.sort();
}
