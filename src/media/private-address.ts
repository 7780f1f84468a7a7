import { BlockList, isIPv6 } from "node:net";

/** Addresses that are no public hosts: RFC 6890 and the registries it refers to. */
const special = new BlockList();
for (const [network, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["224.0.0.0", 3],
] as const)
  special.addSubnet(network, prefix, "ipv4");
for (const [network, prefix] of [
  ["::", 96],
  ["64:ff9b:1::", 48],
  ["fc00::", 7],
  ["fe80::", 10],
  ["ff00::", 8],
] as const)
  special.addSubnet(network, prefix, "ipv6");

/** Whether an IP address belongs to this machine or to a network that the internet does not reach. */
export function isPrivateAddress(address: string): boolean {
  if (!isIPv6(address)) return special.check(address, "ipv4");
  // `::ffff:a.b.c.d` and `64:ff9b::a.b.c.d` carry an IPv4 address.
  const mapped = mappedIpv4(address);
  return mapped === undefined ? special.check(address, "ipv6") : special.check(mapped, "ipv4");
}

function mappedIpv4(address: string): string | undefined {
  // The URL parser writes every address in one way, in hexadecimal groups.
  const groups = new URL(`http://[${address.replace(/%.*$/, "")}]/`).hostname;
  const found = /^\[(?:::ffff:|64:ff9b::)([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(groups);
  if (found === null) return undefined;
  const [high, low] = [Number.parseInt(found[1]!, 16), Number.parseInt(found[2]!, 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}
