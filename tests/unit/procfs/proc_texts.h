// The files of a process as the kernel writes them.
#pragma once

#include <string>
#include <string_view>

namespace sekisho::procfs {

inline constexpr std::string_view kStatusText =
    "Name:\tnginx\n"
    "Umask:\t0022\n"
    "State:\tS (sleeping)\n"
    "Tgid:\t71\n"
    "Ngid:\t0\n"
    "Pid:\t71\n"
    "PPid:\t40\n"
    "TracerPid:\t0\n"
    "Uid:\t1000\t1001\t1002\t1003\n"
    "Gid:\t2000\t2001\t2002\t2003\n"
    "FDSize:\t64\n"
    "Groups:\t7 4294967295 \n"
    "Threads:\t1\n"
    "SigCgt:\t0000000000000000\n"
    "CapInh:\t0000000000000001\n"
    "CapPrm:\t00000000a80425fb\n"
    "CapEff:\t0000000000002000\n"
    "CapBnd:\t000001ffffffffff\n"
    "CapAmb:\t0000000000000400\n"
    "NoNewPrivs:\t1\n"
    "Seccomp:\t2\n"
    "Seccomp_filters:\t3\n"
    "Speculation_Store_Bypass:\tvulnerable\n";

inline constexpr std::string_view kMountInfoText =
    "600 500 0:50 / / ro,relatime master:1 - overlay overlay rw,lowerdir=/a\n"
    "601 600 0:51 / /proc rw,nosuid - proc proc rw\n"
    "602 600 0:52 /a\\040b /a\\040b rw - ext4 /dev/sda1 rw\n";

// "PID (NAME) STATE PPID …" with 22 fields and a few behind them.
inline std::string StatText(std::string_view name, std::string_view state = "S",
                            std::string_view start_time = "12345") {
  return "71 (" + std::string(name) + ") " + std::string(state) +
         " 40 71 71 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 " + std::string(start_time) +
         " 3000000 400 18446744073709551615\n";
}

// `text` with the first line that begins with `line` replaced by `with` (which may be empty).
inline std::string WithLine(std::string_view text, std::string_view line, std::string_view with) {
  std::string changed(text);
  const size_t begin = changed.find("\n" + std::string(line)) + 1;
  const size_t end = changed.find('\n', begin);
  changed.replace(begin, end + 1 - begin, with);
  return changed;
}

}  // namespace sekisho::procfs
