# What is installed where, and the Debian package. The agent looks for its files in /etc/sekisho and the unit
# for the agent in /usr/sbin, so only the prefix /usr fits, and what lies outside it has no prefix.
if(CMAKE_INSTALL_PREFIX_INITIALIZED_TO_DEFAULT)
  set(CMAKE_INSTALL_PREFIX /usr CACHE PATH "Where to install" FORCE)
endif()
include(GNUInstallDirs)
set(packaging ${PROJECT_SOURCE_DIR}/packaging)
set(doc_dir ${CMAKE_INSTALL_DATADIR}/doc/sekisho)
set(config_dir /etc/sekisho)
set(unit_dir /lib/systemd/system)

# --- files that are made: compressed without a name or time in them ------------------------------
function(sekisho_gzip source name)
  set(target ${PROJECT_BINARY_DIR}/packaging/${name})
  add_custom_command(OUTPUT ${target}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/packaging
    COMMAND gzip -9nc ${source} > ${target}
    DEPENDS ${source} VERBATIM)
  set_property(GLOBAL APPEND PROPERTY SEKISHO_GZIPPED ${target})
endfunction()
# Every page that has to be there; tests/integration compares them with what --help says.
set(man_pages sekisho.8 sekisho-check.8 sekisho-check-config.8 sekisho-completion.8 sekisho-install.8
    sekisho-kubeconfig.8 sekisho-ready.8 sekisho-replay.8 sekisho-report.8 sekisho-seccomp.8 sekisho-serve.8
    sekisho-status.8 sekisho-uninstall.8 sekisho-verify.8 sekisho-config.5 sekisho-policy.5)
foreach(name IN LISTS man_pages)
  set(page ${packaging}/man/${name})
  if(NOT EXISTS ${page})
    message(FATAL_ERROR "packaging/man/${name} is not there")
  endif()
  cmake_path(GET name EXTENSION LAST_ONLY section)
  string(SUBSTRING ${section} 1 1 section)
  sekisho_gzip(${page} ${name}.gz)
  install(FILES ${PROJECT_BINARY_DIR}/packaging/${name}.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()
sekisho_gzip(${PROJECT_SOURCE_DIR}/CHANGELOG.md changelog.gz)
sekisho_gzip(${packaging}/deb/changelog changelog.Debian.gz)
get_property(gzipped GLOBAL PROPERTY SEKISHO_GZIPPED)

# What the shells complete is what the program says of itself; so it has to run on this machine.
set(completions)
foreach(shell bash zsh)
  set(target ${PROJECT_BINARY_DIR}/packaging/completion.${shell})
  add_custom_command(OUTPUT ${target}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/packaging
    COMMAND sekisho completion ${shell} > ${target}
    DEPENDS sekisho VERBATIM)
  list(APPEND completions ${target})
endforeach()
add_custom_target(sekisho_packaged_files ALL DEPENDS ${gzipped} ${completions})

# --- what goes where -----------------------------------------------------------------------------
install(TARGETS sekisho RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})
install(FILES ${PROJECT_SOURCE_DIR}/systemd/sekisho.service ${PROJECT_SOURCE_DIR}/systemd/sekisho.socket
        DESTINATION ${unit_dir})
install(FILES ${packaging}/etc/config.yaml ${packaging}/etc/policy.yaml
        DESTINATION ${config_dir})
install(DIRECTORY DESTINATION ${config_dir}/policy.d)
install(DIRECTORY seccomp-profiles/ DESTINATION ${CMAKE_INSTALL_DATADIR}/sekisho/seccomp-profiles
        FILES_MATCHING PATTERN "*.json")
install(FILES ${PROJECT_BINARY_DIR}/packaging/completion.bash
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME sekisho)
install(FILES ${PROJECT_BINARY_DIR}/packaging/completion.zsh
        DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions RENAME _sekisho)
install(FILES ${packaging}/prometheus/sekisho.rules.yaml
        DESTINATION ${CMAKE_INSTALL_DATADIR}/sekisho/prometheus)
install(FILES ${packaging}/grafana/sekisho.json DESTINATION ${CMAKE_INSTALL_DATADIR}/sekisho/grafana)
# Laid out as in the source tree, so that the links between the pages lead somewhere.
file(GLOB pages RELATIVE ${PROJECT_SOURCE_DIR} CONFIGURE_DEPENDS README.md README.ja.md SECURITY.md
     docs/*.md systemd/*.md
     seccomp-profiles/*.md packaging/*.md packaging/*/*.md)
foreach(page IN LISTS pages)
  cmake_path(GET page PARENT_PATH folder)
  install(FILES ${page} DESTINATION ${doc_dir}/${folder})
endforeach()
install(FILES systemd/kubelet.service.d/10-sekisho.conf DESTINATION ${doc_dir}/examples/kubelet.service.d)
install(FILES ${packaging}/deb/copyright ${PROJECT_BINARY_DIR}/packaging/changelog.gz
              ${PROJECT_BINARY_DIR}/packaging/changelog.Debian.gz DESTINATION ${doc_dir})
install(FILES ${packaging}/deb/lintian-overrides DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides
        RENAME sekisho)

# --- what is linked into the program: versions, and licences, which ask for it --------------------
# Of header-only libraries, too. Nothing is known of them where there is no dpkg.
if(SEKISHO_DPKG_QUERY)
  sekisho_packages_of(header_only /usr/include/CLI/CLI.hpp /usr/include/nlohmann/json.hpp
    ${DTL_INCLUDE_DIR}/dtl/dtl.hpp)
  list(APPEND SEKISHO_LINKED_PACKAGES ${header_only})
  list(SORT SEKISHO_LINKED_PACKAGES)
endif()
set(linked_packages ${PROJECT_BINARY_DIR}/packaging/linked-packages.txt)
file(WRITE ${linked_packages} "")
foreach(package IN LISTS SEKISHO_LINKED_PACKAGES)
  execute_process(COMMAND ${SEKISHO_DPKG_QUERY} -W
    -f "\${source:Package} \${source:Version} \${binary:Package} \${Version}\n" ${package}
    OUTPUT_VARIABLE line COMMAND_ERROR_IS_FATAL ANY)
  file(APPEND ${linked_packages} "${line}")
  install(FILES /usr/share/doc/${package}/copyright DESTINATION ${doc_dir}/linked RENAME ${package})
endforeach()
install(FILES ${linked_packages} DESTINATION ${doc_dir}/linked RENAME packages.txt)
# What packaging/sbom/make says of it, when the Debian package is made; and what made the program.
install(FILES ${PROJECT_BINARY_DIR}/packaging/sekisho.spdx.json DESTINATION ${doc_dir} OPTIONAL)
find_program(SEKISHO_PROTOC protoc)
find_program(SEKISHO_GRPC_PLUGIN grpc_cpp_plugin)
string(JOIN "\n" build_tools ${CMAKE_CXX_COMPILER} ${CMAKE_LINKER} ${SEKISHO_PROTOC} ${SEKISHO_GRPC_PLUGIN})
file(WRITE ${PROJECT_BINARY_DIR}/packaging/build-tools.txt "${build_tools}\n")

# --- the package ---------------------------------------------------------------------------------
# Its version is that of the newest entry of packaging/deb/changelog, and so is every time in it, unless
# SOURCE_DATE_EPOCH says another.
file(STRINGS ${packaging}/deb/changelog first_line LIMIT_COUNT 1)
if(NOT first_line MATCHES "^sekisho \\(([0-9.]+)-([0-9]+)\\) ")
  message(FATAL_ERROR "packaging/deb/changelog: the first line names no version")
endif()
set(CPACK_DEBIAN_PACKAGE_VERSION ${CMAKE_MATCH_1})
set(CPACK_DEBIAN_PACKAGE_RELEASE ${CMAKE_MATCH_2})
if(NOT CPACK_DEBIAN_PACKAGE_VERSION STREQUAL PROJECT_VERSION)
  message(FATAL_ERROR "packaging/deb/changelog begins with ${CPACK_DEBIAN_PACKAGE_VERSION}; the project's "
    "version is ${PROJECT_VERSION}")
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME sekisho)
# No address of a person, and none that somebody else could own: the domain is reserved for examples.
set(CPACK_PACKAGE_CONTACT "Sekisho developers <sekisho@example.org>")
# What comes after the first line, which is the project's DESCRIPTION.
file(READ ${packaging}/deb/description CPACK_DEBIAN_PACKAGE_DESCRIPTION)
string(STRIP "${CPACK_DEBIAN_PACKAGE_DESCRIPTION}" CPACK_DEBIAN_PACKAGE_DESCRIPTION)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
# The runtime is the node's choice, and may come from elsewhere: installing this must not bring another.
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "containerd | cri-o")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${packaging}/deb/conffiles ${packaging}/deb/postinst
    ${packaging}/deb/prerm ${packaging}/deb/postrm)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
    GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_VERBATIM_VARIABLES ON)
include(CPack)

# Writes packages/sekisho_<version>_<architecture>.deb below the build folder, and sekisho.deb beside it.
add_custom_target(sekisho_deb
  COMMAND ${packaging}/deb/build ${CMAKE_CPACK_COMMAND} ${PROJECT_BINARY_DIR}
  DEPENDS sekisho sekisho_packaged_files VERBATIM)

# Writes packages/sekisho-image.tar, the container image as an OCI archive.
add_custom_target(sekisho_image
  COMMAND ${PROJECT_SOURCE_DIR}/packaging/image/build.sh ${PROJECT_BINARY_DIR}
          ${PROJECT_BINARY_DIR}/packages/sekisho-image.tar
  DEPENDS sekisho VERBATIM)
