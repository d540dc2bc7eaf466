# coordinator/config/README.md's table of keys as the manual page wattledger.yaml(5); tests/config holds the table to the program.
function roff(text) {
  gsub(/\\/, "\\e", text)
  gsub(/-/, "\\-", text)
  gsub(/`/, "", text)
  sub(/^[.']/, "\\\\\\&&", text)
  return text
}
function trimmed(text) {
  gsub(/^[ `]+|[ `]+$/, "", text)
  return text
}
# A link's words without its place.
function plain(text) {
  while (match(text, /\[[^\]]*\]\([^)]*\)/)) {
    link = substr(text, RSTART, RLENGTH)
    words = substr(link, 2, index(link, "](") - 2)
    text = substr(text, 1, RSTART - 1) words substr(text, RSTART + RLENGTH)
  }
  return text
}
BEGIN {
  print ".TH WATTLEDGER.YAML 5 \"\" \"wattledger " version "\" \"wattledger\""
  print ".SH NAME\nwattledger.yaml \\- the configuration of wattledgerd"
  print ".SH DESCRIPTION"
  print "The package's stands in \\fI/etc/wattledger/house.yaml\\fR. Every key is optional; one that is not known is refused with its line"
  print "and the nearest name. Keys are written here with dots; in the file each section stands on a line of its own:"
  print ".PP\n.nf\nbattery:\n  capacity_kwh: 10\n.fi"
  print ".PP\nRelative paths begin at the file. \\fBwattledger config check\\fR \\fIFILE\\fR says what becomes of each key."
  print "After a change, \\fBsystemctl reload wattledgerd\\fR takes over what decisions rest on, \\fBrestart\\fR everything."
  print ".SH KEYS"
}
/^\| `/ {
  gsub(/\\\|/, "\001")
  split($0, cell, "|")
  key = trimmed(cell[2]); unit = trimmed(cell[3]); usual = trimmed(cell[4]); range = trimmed(plain(cell[5])); what = trimmed(plain(cell[6]))
  if (key ~ /^[a-z]+$|\./) {
    print ".TP\n\\fB" roff(key) "\\fR" (unit == "" ? "" : " (" roff(unit) ")")
    print roff(range) (usual == "" ? "" : "; default " roff(usual)) "."
    print ".br\n" roff(what)
  }
}
END { print ".SH SEE ALSO\n.BR wattledgerd (8),\n.BR wattledger (1)" }
