# Several source files to one compilation, where a preset sets CMAKE_UNITY_BUILD: the sanitizers' builds take
# half of the time so, for headers are most of what is compiled. CI does the same with the tests alone
# (SEKISHO_UNITY_TESTS). In the other builds each file has to include what it uses.
#
# What an unnamed namespace holds must then be unique in its target. These files are compiled alone, because
# they have a name in common with another one: of a constant, a row of a table, a helper. When such a build
# says "redefinition" or "ambiguous" of a file that the others build, it belongs here.
set(compiled_alone
    agent/admin/text_layout.cc
    agent/app/ready.cc
    agent/app/serve.cc
    agent/check/profile_lint.cc
    agent/cli/completion_zsh.cc
    agent/cli/replay.cc
    agent/cli/report.cc
    agent/cli/seccomp.cc
    agent/cli/status.cc
    agent/config/control_values.cc
    agent/config/label_rules_file.cc
    agent/config/policy_choice.cc
    agent/config/policy_file.cc
    agent/config/profile_rule_values.cc
    agent/config/seccomp_file.cc
    agent/install/install.cc
    agent/install/transaction.cc
    agent/install/undo.cc
    agent/install/uninstall.cc
    agent/install/unit_file.cc
    agent/install/yaml_text.cc
    agent/kube/event.cc
    agent/kube/event_answer.cc
    agent/kube/namespace_document.cc
    agent/kube/namespace_store.cc
    agent/kube/notice.cc
    agent/mounts/layout.cc
    agent/mounts/mount_table.cc
    agent/policy/check_controls_volumes.cc
    agent/policy/profile_rule.cc
    agent/policy/steering_annotations.cc
    agent/record/audit_record.cc
    agent/record/kernel_audit.cc
    agent/report/fixes.cc
    agent/report/profile_uses.cc
    agent/report/refusals.cc
    agent/report/running.cc
    agent/report/timeline.cc
    agent/report/violations.cc
    agent/seccomp/bpf.cc
    agent/seccomp/compare.cc
    agent/seccomp/generate.cc
    agent/seccomp/lint.cc
    agent/seccomp/parse.cc
    agent/seccomp/profile.cc
    agent/seccomp/rule_reader.cc
    agent/seccomp/runtime_default.cc
    agent/seccomp/value_reader.cc
    agent/verify/verifier.cc
    tests/fault/flood_test.cc
    tests/fault/upstream_test.cc
    tests/integration/kube/scale_test.cc
    tests/support/api_server_tls.cc
    tests/support/raw_client.cc
    tests/unit/check/known_volumes_test.cc
    tests/unit/check/manifest_check_test.cc
    tests/unit/check/recorded_check_test.cc
    tests/unit/config/policy_errors_test.cc
    tests/unit/cri/edit_rows_test.cc
    tests/unit/cri/facts_test.cc
    tests/unit/cri/identity_test.cc
    tests/unit/cri/rebuild_test.cc
    tests/unit/cri/sandbox_edits_test.cc
    tests/unit/cri/update_facts_test.cc
    tests/unit/install/environment_file_test.cc
    tests/unit/install/point_kubelet_refusals_test.cc
    tests/unit/install/point_kubelet_test.cc
    tests/unit/install/unit_file_test.cc
    tests/unit/install/yaml_edit_test.cc
    tests/unit/kube/reflector_watch_test.cc
    tests/unit/manifest/read_test.cc
    tests/unit/manifest/resources_test.cc
    tests/unit/metrics/metrics_test.cc
    tests/unit/policy/checks_baseline_test.cc
    tests/unit/policy/checks_integrity_test.cc
    tests/unit/policy/checks_proc_mount_test.cc
    tests/unit/policy/checks_restricted_test.cc
    tests/unit/policy/checks_seccomp_test.cc
    tests/unit/policy/checks_volumes_test.cc
    tests/unit/policy/controls_repair_test.cc
    tests/unit/policy/controls_test.cc
    tests/unit/policy/declared_context_test.cc
    tests/unit/policy/declared_pod_test.cc
    tests/unit/policy/policy_select_test.cc
    tests/unit/policy/property_test.cc
    tests/unit/record/report_test.cc
    tests/unit/replay/replay_speed_test.cc
    tests/unit/replay/replay_test.cc
    tests/unit/seccomp/json_reader_test.cc
    tests/unit/seccomp/lint_test.cc
    tests/unit/seccomp/parse_errors_test.cc
    tests/unit/seccomp/parse_test.cc
    tests/unit/seccomp/random_profile.cc
    tests/unit/seccomp/verdicts_test.cc
    tests/unit/verify/result_test.cc)

foreach(file IN LISTS compiled_alone)
  cmake_path(GET file PARENT_PATH folder)
  while(NOT EXISTS ${PROJECT_SOURCE_DIR}/${folder}/CMakeLists.txt)
    cmake_path(GET folder PARENT_PATH folder)
  endwhile()
  if(NOT EXISTS ${PROJECT_SOURCE_DIR}/${file})
    message(FATAL_ERROR "cmake/Unity.cmake: there is no ${file}")
  endif()
  set_source_files_properties(${PROJECT_SOURCE_DIR}/${file} DIRECTORY ${PROJECT_SOURCE_DIR}/${folder}
    PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endforeach()
