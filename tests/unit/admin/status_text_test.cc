#include "admin/status_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "base/utf8.h"
#include "unit/admin/sample_status.h"

namespace sekisho::admin {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    lines.push_back(line);
  }
  return lines;
}

std::string WithoutColour(std::string text) {
  for (size_t begin = text.find('\x1b'); begin != std::string::npos; begin = text.find('\x1b')) {
    text.erase(begin, text.find('m', begin) - begin + 1);
  }
  return text;
}

// In characters, as a terminal counts those of western texts.
size_t WidthOf(const std::string& line) {
  return static_cast<size_t>(std::count_if(line.begin(), line.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

TEST(StatusText, ReadsAsAWhole) {
  EXPECT_EQ(ToText(SampleStatus(), 100, false), R"(sekisho 0.1.0 · ready · up 3d 4h

WEAKENED
  !              methods that this build does not know are forwarded unjudged

Agent
  node           worker-3, group gpu
  process        4321, started 2026-11-15T07:06:40.123Z
  listens on     /run/sekisho/sekisho.sock
  runtime        /run/containerd/containerd.sock, containerd 1.6.20
  protected by   no_new_privs
  NOT by         seccomp_filter

Policy
  files          /etc/sekisho/policy.group.gpu.yaml (of this node's group)
                 /etc/sekisho/policy.d/10-extra.yaml (a drop-in)
  in force       sha256 9e9eab657b61, generation 3, revision 7, loaded 2h ago
  defaults       enforce baseline:latest, audit restricted:latest, warn restricted:latest
  besides        12 rules, 1 exemption
  warning        policy.yaml:12:3: exemptions[0]: expired on 2026-11-01
  last reload    REFUSED, 5m ago: the policy above stays in force
                 policy.yaml:3:31: defaults.wran: unknown key

Namespace labels
  API server     https://10.0.0.1:6443
  namespaces     42 known, confirmed 12s ago
  events         10 sent, 0 dropped

Since the start
                 allow  harden  deny
  decisions       1203      44     2
                 forwarded  refused  rejected  cancelled
  calls              91233        2         0          0
  sandboxes      35 known
  privileged     3 containers let through, to which the runtime attaches no seccomp profile

Running containers, by the kernel's word
  verified       1m 30s ago
                 conforming  drifted
  containers             34        1
  of them        30 decided, 5 foreign
  partly seen    3 containers: the kernel did not tell everything; `sekisho verify` says what
  drift          shop/web/app: seccomp: decided RuntimeDefault, runs unconfined
  not looked at  shop/old: the process ended meanwhile

Audit log
  file           /var/log/sekisho/audit.jsonl
  records        1249 written, none lost

Recent refusals
  12s ago  shop/web-7d4b9c/app  17x  CreateContainer: violates PodSecurity "restricted:latest":
                                     allowPrivilegeEscalation != false (container "app" must set
                                     securityContext.allowPrivilegeEscalation=false) (policy.yaml:
                                     defaults)
  2h ago   shop/spy              1x  RunPodSandbox: violates PodSecurity "baseline:latest": host
                                     namespaces (hostPID=true) (policy.yaml: defaults)
)");
}

TEST(StatusText, ANarrowTerminalGetsTheTextOfARefusalBelowIt) {
  const std::string text = ToText(SampleStatus(), 40, false);
  EXPECT_THAT(text, HasSubstr("\n  2h ago  shop/spy  1x\n          RunPodSandbox: violates\n"));
}

TEST(StatusText, KeepsToTheWidthWhereWordsCanBeBroken) {
  for (const size_t columns : {40u, 60u, 80u, 100u, 200u}) {
    SCOPED_TRACE(columns);
    for (const std::string& line : LinesOf(ToText(SampleStatus(), columns, false))) {
      if (WidthOf(line) > columns) {
        // What stands behind the last gap is one word.
        EXPECT_EQ(line.find(' ', line.rfind("  ") + 2), std::string::npos) << line;
      }
    }
  }
}

TEST(StatusText, ColourChangesNoCharacter) {
  for (const size_t columns : {40u, 100u, 200u}) {
    const std::string plain = ToText(SampleStatus(), columns, false);
    const std::string coloured = ToText(SampleStatus(), columns, true);
    EXPECT_THAT(plain, Not(HasSubstr("\x1b")));
    EXPECT_THAT(coloured, HasSubstr("\x1b[32mready\x1b[0m"));
    EXPECT_EQ(WithoutColour(coloured), plain);
  }
}

TEST(StatusText, WhatIsWrongIsRed) {
  sekisho::v1::GetStatusResponse status = SampleStatus();
  status.set_ready(false);
  status.add_not_ready_reasons("the runtime does not answer");
  status.mutable_upstream()->set_reachable(false);
  status.mutable_audit_log()->set_lost(7);
  status.mutable_audit_log()->set_last_error("No space left on device");
  status.mutable_labels()->set_last_error("401 Unauthorized");
  const std::string text = ToText(status, 200, true);
  for (const char* red :
       {"not ready", "the runtime does not answer", "WEAKENED",
        "methods that this build does not know are forwarded unjudged", "seccomp_filter",
        "/run/containerd/containerd.sock, containerd 1.6.20, DOES NOT ANSWER",
        "REFUSED, 5m ago: the policy above stays in force",
        "policy.yaml:3:31: defaults.wran: unknown key", "401 Unauthorized",
        "shop/web/app: seccomp: decided RuntimeDefault, runs unconfined", "1249 written, 7 LOST",
        "No space left on device"}) {
    EXPECT_THAT(text, HasSubstr(std::string("\x1b[1;31m") + red + "\x1b[0m"));
  }
}

TEST(StatusText, AnEmptyStatusSaysSoAndMakesNothingUp) {
  sekisho::v1::GetStatusResponse status;
  status.set_now_ms(kNow);
  status.set_started_ms(kNow);
  const std::string text = ToText(status, 100, false);
  EXPECT_THAT(text, HasSubstr("· not ready · up 0s\n"));
  EXPECT_THAT(text, HasSubstr("verified       not yet"));
  EXPECT_THAT(text, HasSubstr("Recent refusals\n  none           since the agent started\n"));
  EXPECT_THAT(text, HasSubstr("loaded never"));
  EXPECT_THAT(text, Not(HasSubstr("WEAKENED")));
  EXPECT_THAT(text, Not(HasSubstr("Namespace labels")));
  EXPECT_THAT(text, Not(HasSubstr("last reload")));
}

TEST(StatusText, SaysWhatIsNotKnownOfTheCluster) {
  sekisho::v1::GetStatusResponse status = SampleStatus();
  status.mutable_labels()->set_synced(false);
  status.mutable_labels()->clear_age_seconds();
  status.mutable_labels()->set_namespaces(0);
  EXPECT_THAT(ToText(status, 100, false),
              HasSubstr("0 known, never confirmed; not heard of since the agent started"));
}

TEST(StatusText, ACounterOfAnotherBuildIsShownBehindTheOthers) {
  sekisho::v1::GetStatusResponse status = SampleStatus();
  (*status.mutable_counters()->mutable_decisions())["postpone"] = 5;
  EXPECT_THAT(ToText(status, 100, false),
              HasSubstr("allow  harden  deny  postpone\n"
                        "  decisions       1203      44     2         5"));
}

TEST(StatusText, ManyCountersOnANarrowTerminalAreAList) {
  sekisho::v1::GetStatusResponse status = SampleStatus();
  EXPECT_THAT(ToText(status, 40, false), HasSubstr("\n  calls          forwarded 91233,\n"));
}

TEST(StatusText, ANameThatIsTooLongForItsColumnGetsALine) {
  sekisho::v1::GetStatusResponse status = SampleStatus();
  status.mutable_refusals(0)->set_pod(std::string(120, 'p'));
  const std::vector<std::string> lines = LinesOf(ToText(status, 100, false));
  const auto found = std::find_if(lines.begin(), lines.end(), [](const std::string& line) {
    return line.find(std::string(120, 'p')) != std::string::npos;
  });
  ASSERT_NE(found, lines.end());
  EXPECT_THAT(*found, Not(HasSubstr("violates")));
  EXPECT_THAT(*(found + 1), HasSubstr("CreateContainer: violates"));
}

// Every text of a status, from wherever it may come, holds what would be an attack on a terminal.
void Poison(google::protobuf::Message& message, const std::string& poison) {
  const google::protobuf::Descriptor& type = *message.GetDescriptor();
  const google::protobuf::Reflection& fields = *message.GetReflection();
  for (int i = 0; i < type.field_count(); ++i) {
    const google::protobuf::FieldDescriptor* field = type.field(i);
    if (field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_STRING) {
      if (field->is_repeated()) {
        fields.AddString(&message, field, poison);
      } else {
        fields.SetString(&message, field, poison);
      }
    } else if (field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) {
      Poison(field->is_repeated() ? *fields.AddMessage(&message, field)
                                  : *fields.MutableMessage(&message, field),
             poison);
    }
  }
}

TEST(StatusText, NoTextSteersATerminalOrAddsALine) {
  sekisho::v1::GetStatusResponse harmless;
  Poison(harmless, "x");
  for (const std::string poison :
       {"\x1b]0;title\x07", "\x1b[2J", "a\nsekisho 9.9.9", "a\rb", "\x7f",
        "\xc2\x9b"
        "31m",
        "\xff\xfe", "a\tb", "\x08\x08"}) {
    SCOPED_TRACE(base::Printable(poison));
    sekisho::v1::GetStatusResponse status;
    Poison(status, poison);
    for (const size_t columns : {40u, 400u}) {
      for (const bool colour : {false, true}) {
        const std::string text = WithoutColour(ToText(status, columns, colour));
        EXPECT_FALSE(base::FindBadText(text).has_value());
        EXPECT_THAT(text, Not(HasSubstr("\r")));
        EXPECT_THAT(text, Not(HasSubstr("\t")));
      }
    }
    EXPECT_EQ(LinesOf(ToText(status, 400, false)).size(),
              LinesOf(ToText(harmless, 400, false)).size());
  }
}

}  // namespace
}  // namespace sekisho::admin
