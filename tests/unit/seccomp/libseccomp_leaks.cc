// libseccomp 2.5.4 forgets some nodes of its trees when rules test several arguments: about a
// kilobyte of a profile that random tests find, nothing of the usual ones. LeakSanitizer asks for
// this function, if a program has one; no other build calls it.
extern "C" const char* __lsan_default_suppressions();  // NOLINT(bugprone-reserved-identifier)

extern "C" const char* __lsan_default_suppressions() {  // NOLINT(bugprone-reserved-identifier)
  return "leak:libseccomp.so\n";
}
