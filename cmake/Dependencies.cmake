# Every third-party package, as Debian 12 ships it. A header of one of these is included by exactly
# one module (see the table in CONTRIBUTING.md), but for Abseil, which is everywhere.
find_package(Threads REQUIRED)
find_package(absl REQUIRED)
find_package(Protobuf REQUIRED)
find_package(gRPC CONFIG REQUIRED)
find_package(spdlog REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(CURL REQUIRED)
find_path(DTL_INCLUDE_DIR dtl/dtl.hpp REQUIRED)  # header-only
find_package(PkgConfig REQUIRED)
pkg_check_modules(LIBCAPNG REQUIRED IMPORTED_TARGET libcap-ng)
pkg_check_modules(LIBSECCOMP REQUIRED IMPORTED_TARGET libseccomp)
pkg_check_modules(LIBSYSTEMD REQUIRED IMPORTED_TARGET libsystemd)
pkg_check_modules(LIBCRYPTO REQUIRED IMPORTED_TARGET libcrypto)
if(SEKISHO_BUILD_TESTS)
  find_package(GTest REQUIRED)
  find_package(OpenSSL REQUIRED)  # a test API server's TLS
  pkg_check_modules(NGHTTP2 REQUIRED IMPORTED_TARGET libnghttp2)
endif()
