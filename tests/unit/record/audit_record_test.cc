#include "record/audit_record.h"

#include <gtest/gtest.h>

namespace sekisho::record {
namespace {

constexpr char kWho[] = "audit(1795266940.245:7): auid=4294967295 uid=0 gid=0 ses=4294967295";
constexpr char kCall[] =
    " sig=0 arch=c000003e syscall=110 compat=0 ip=0x7f82ba028829 code=0x7ffc0000";

std::string Text(const std::string& process, const std::string& label = "") {
  return kWho + label + process + kCall;
}

TEST(AuditRecordTest, ReadsWhatTheKernelWrote) {
  const absl::StatusOr<SeccompRecord> record =
      ParseSeccompRecord(Text(" pid=22659 comm=\"victim\" exe=\"/usr/bin/victim\""));
  ASSERT_TRUE(record.ok());
  EXPECT_EQ(record->seconds, 1795266940u);
  EXPECT_EQ(record->milliseconds, 245u);
  EXPECT_EQ(record->serial, 7u);
  EXPECT_EQ(record->pid, 22659);
  EXPECT_EQ(record->comm, "victim");
  EXPECT_EQ(record->exe, "/usr/bin/victim");
  EXPECT_EQ(record->signal, 0);
  EXPECT_EQ(record->arch, 0xc000003eu);
  EXPECT_EQ(record->syscall, 110);
  EXPECT_FALSE(record->compat);
  EXPECT_EQ(record->ip, 0x7f82ba028829u);
  EXPECT_EQ(record->code, 0x7ffc0000u);
}

// A process is called what it likes; the kernel puts everything with a space, a quote or a control
// character into hexadecimal digits.
TEST(AuditRecordTest, NamesCannotHoldFields) {
  const struct {
    const char* why;
    const char* process;
    const char* comm;
    const char* exe;
  } kRows[] = {
      {"a space", " pid=5 comm=782073797363616C6C3D393939 exe=\"/x\"", "x syscall=999", "/x"},
      {"a quote", " pid=5 comm=22207069643D31 exe=\"/x\"", "\" pid=1", "/x"},
      {"a line feed", " pid=5 comm=610A62 exe=\"/x\"", "a\nb", "/x"},
      {"fields without a space", " pid=5 comm=\"syscall=999\" exe=\"/pid=1\"", "syscall=999",
       "/pid=1"},
      {"a program's name", " pid=5 comm=\"x\" exe=2F7820706964 3D", "", ""},
      {"a deleted program", " pid=5 comm=\"x\" exe=2F78202864656C6574656429", "x", "/x (deleted)"},
      {"no program", " pid=5 comm=\"x\" exe=(null)", "x", ""},
      {"digits alone are a name in quotes", " pid=5 comm=\"4142\" exe=\"/x\"", "4142", "/x"},
      {"a name too long for the kernel", " pid=5 comm=\"x\" exe=\"<too_long>\"", "x", "<too_long>"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.why);
    const absl::StatusOr<SeccompRecord> record = ParseSeccompRecord(Text(row.process));
    if (row.exe == std::string() && row.comm == std::string()) {
      EXPECT_FALSE(record.ok());
      continue;
    }
    ASSERT_TRUE(record.ok());
    EXPECT_EQ(record->pid, 5);
    EXPECT_EQ(record->comm, row.comm);
    EXPECT_EQ(record->exe, row.exe);
    EXPECT_EQ(record->syscall, 110);
  }
}

TEST(AuditRecordTest, ALabelOfASecurityModuleMayHoldAnything) {
  for (const char* label : {
           " subj=cri-containerd.apparmor.d (enforce)",
           " subj=system_u:system_r:container_t:s0:c1,c2",
           " subj==unconfined",
           " subj=?",
           " subj=a pid=1 comm=\"y\" exe=\"/y\" sig=0 arch=1 syscall=2 compat=0 ip=0x1 code=0x0",
       }) {
    SCOPED_TRACE(label);
    const absl::StatusOr<SeccompRecord> record =
        ParseSeccompRecord(Text(" pid=5 comm=\"x\" exe=\"/x\"", label));
    ASSERT_TRUE(record.ok());
    EXPECT_EQ(record->pid, 5);
    EXPECT_EQ(record->comm, "x");
    EXPECT_EQ(record->syscall, 110);
  }
}

TEST(AuditRecordTest, OtherCallsAndArchitectures) {
  const std::string before = std::string(kWho) + " pid=5 comm=\"x\" exe=\"/x\"";
  const absl::StatusOr<SeccompRecord> i386 = ParseSeccompRecord(
      before + " sig=31 arch=40000003 syscall=11 compat=1 ip=0xf7f3a549 code=0x80000000");
  ASSERT_TRUE(i386.ok());
  EXPECT_EQ(i386->arch, 0x40000003u);
  EXPECT_EQ(i386->signal, 31);
  EXPECT_TRUE(i386->compat);
  EXPECT_EQ(i386->code, 0x80000000u);
  const absl::StatusOr<SeccompRecord> none = ParseSeccompRecord(
      before + " sig=0 arch=c000003e syscall=-1 compat=0 ip=0x0 code=0x7ffc0000");
  ASSERT_TRUE(none.ok());
  EXPECT_EQ(none->syscall, -1);
}

TEST(AuditRecordTest, EverythingElseIsRefused) {
  const std::string good = Text(" pid=5 comm=\"x\" exe=\"/x\"");
  ASSERT_TRUE(ParseSeccompRecord(good).ok());
  // Every proper beginning and every proper end of it.
  for (size_t length = 0; length < good.size(); ++length) {
    // The last field is a number of any length, so that its digits may be cut but for one.
    if (length < good.size() - 7) {
      EXPECT_FALSE(ParseSeccompRecord(good.substr(0, length)).ok()) << good.substr(0, length);
    }
    EXPECT_FALSE(ParseSeccompRecord(good.substr(length + 1)).ok()) << good.substr(length + 1);
  }
  for (const char* process : {
           " pid=0 comm=\"x\" exe=\"/x\"",
           " pid=-5 comm=\"x\" exe=\"/x\"",
           " pid=99999999999 comm=\"x\" exe=\"/x\"",
           " pid=5 exe=\"/x\"",
           " pid=5 exe=\"/x\" comm=\"x\"",
           " pid=5 comm=\"a b\" exe=\"/x\"",
           " pid=5 comm=\"\x01\" exe=\"/x\"",
           " pid=5 comm=\"\xc3\xa4\" exe=\"/x\"",
           " pid=5 comm=x exe=\"/x\"",
           " pid=5 comm=414 exe=\"/x\"",
           " pid=5 comm= exe=\"/x\"",
           " pid=5 comm=\"x\"exe=\"/x\"",
           " pid=5  comm=\"x\" exe=\"/x\"",
           " pid=5 comm=\"x\" exe=\"/x\" more=1",
           " comm=\"x\" pid=5 exe=\"/x\"",
       }) {
    EXPECT_FALSE(ParseSeccompRecord(Text(process)).ok()) << process;
  }
  EXPECT_FALSE(ParseSeccompRecord(good + " x").ok());
  EXPECT_FALSE(ParseSeccompRecord(Text(" pid=5 comm=\"x\" exe=\"/x\"", " tty=1")).ok());
}

TEST(AuditRecordTest, EveryRecordHasASerialNumber) {
  EXPECT_EQ(SerialOf("audit(1700000000.001:42): proctitle=2F62696E"), 42u);
  EXPECT_EQ(SerialOf("audit(1700000000.001:4294967295): "), 4294967295u);
  for (const char* text : {"", "audit(", "audit(1.1:42)", "audit(1.1:): x", "audit(1.1:-1): x",
                           "audit(1.1:4294967296): x", "x audit(1.1:42): "}) {
    EXPECT_EQ(SerialOf(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace sekisho::record
