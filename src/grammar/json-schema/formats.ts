/**
 * The formats that can be written, each as an ECMAScript pattern that the whole text must match.
 * They are regular subsets: every text that matches is valid by the stated document, and some valid texts do not match.
 */
const DIGITS_29_FEBRUARY =
  "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29";
const DATE =
  "(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)" +
  `|02-(?:0[1-9]|1[0-9]|2[0-8]))|${DIGITS_29_FEBRUARY})`;
const TIME =
  "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,9})?(?:Z|[+\\-](?:[01][0-9]|2[0-3]):[0-5][0-9])";
const OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
const HEX = "[0-9A-Fa-f]";
const GROUP = `${HEX}{1,4}`;
const LABEL = "[A-Za-z0-9](?:-?[A-Za-z0-9]){0,19}";
const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`\\{|\\}~\\-]{1,20}";
// A last label of digits would make the host an IPv4 address, by the rules of the WHATWG.
const TOP_LABEL = "[A-Za-z]{2,10}";
const NAME = "[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*";
const LAST_NAME = "[A-Za-z]+(?:-[A-Za-z0-9]+)*";
const URI_CHARACTER = `(?:[A-Za-z0-9\\-._~!$&'()*+,;=:@]|%${HEX}{2})`;

/** Eight groups, of which one run of at least one may be left out. */
function ipv6(): string {
  const forms = [`(?:${GROUP}:){7}${GROUP}`];
  for (let before = 0; before <= 7; before++) {
    const head = before === 0 ? ":" : `(?:${GROUP}:){${before}}`;
    const after = 7 - before;
    const tail = after === 0 ? ":" : `:(?:${GROUP}(?::${GROUP}){0,${after - 1}})?`;
    forms.push(head + tail);
  }
  return `(?:${forms.join("|")})`;
}

/**
 * - `date`: RFC 3339 full-date, with the right number of days for every month and leap year
 * - `time`: RFC 3339 full-time, at most 9 digits of a second, `Z` or a numeric offset, no leap seconds
 * - `date-time`: both, joined by `T`
 * - `uuid`: RFC 4122 text form
 * - `email`: RFC 5321 mailbox with at most 2 atoms of 20 characters and a host name of 2 or 3 labels
 * - `ipv4`: dotted decimal without leading zeros; `ipv6`: RFC 4291 without embedded IPv4
 * - `uri`: RFC 3986 with scheme and authority (a host name, a port below 10,000), path, query and fragment
 */
export const FORMAT_PATTERNS: Readonly<Record<string, string>> = {
  date: `^${DATE}$`,
  time: `^${TIME}$`,
  "date-time": `^${DATE}T${TIME}$`,
  uuid: `^${HEX}{8}-${HEX}{4}-${HEX}{4}-${HEX}{4}-${HEX}{12}$`,
  email: `^${ATOM}(?:\\.${ATOM})?@(?:${LABEL}\\.){1,2}${TOP_LABEL}$`,
  ipv4: `^${OCTET}(?:\\.${OCTET}){3}$`,
  ipv6: `^${ipv6()}$`,
  uri:
    `^[a-z][a-z0-9+.\\-]{1,15}://(?:${NAME}\\.)*${LAST_NAME}(?::[1-9][0-9]{0,3})?` +
    `(?:/${URI_CHARACTER}*)*(?:\\?(?:${URI_CHARACTER}|[/?])*)?(?:#(?:${URI_CHARACTER}|[/?])*)?$`,
};

/** The pattern of a format, or `undefined` for a format that cannot be written. */
export function formatPattern(format: string): string | undefined {
  return Object.hasOwn(FORMAT_PATTERNS, format) ? FORMAT_PATTERNS[format] : undefined;
}
