# flatc writes the code that copies, frees, packs and unpacks any of the events as inline functions, which each file that holds
# an event would compile again. This moves them to a file of their own: awk -v unit=event_union.cpp -f outline.awk HEADER
BEGIN { print "#include \"event_generated.h\"\nnamespace wattledger::fb {" > unit }
/^inline .*FactUnion::(UnPack|Pack|Reset|FactUnion)\(/ { moved = 1; found++; sub(/^inline /, "") }
moved { print > unit; if ($0 == "}") moved = 0; next }
{ print }
END {
  print "}" > unit
  if (found != 4) { print "outline.awk: " found " functions of FactUnion, not 4, in what flatc wrote" > "/dev/stderr"; exit 1 }
}
