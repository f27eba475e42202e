# Compiler and linker flags, all in one place. Every target of ours links sekisho::build_flags
# (PRIVATE for libraries), so nothing is built without them.
include(CheckCXXCompilerFlag)
include(CheckPIESupported)
check_pie_supported()
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

add_library(sekisho_build_flags INTERFACE)
add_library(sekisho::build_flags ALIAS sekisho_build_flags)

# --- warnings ------------------------------------------------------------------------------------
target_compile_options(sekisho_build_flags INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Werror
  -Wformat=2 -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough
  # Files that are compiled together (Unity.cmake) do both to each other.
  "$<$<BOOL:$<TARGET_PROPERTY:UNITY_BUILD>>:-Wno-shadow;-Wno-subobject-linkage>")

# --- hardening -----------------------------------------------------------------------------------
# PIE comes from CMAKE_POSITION_INDEPENDENT_CODE; the rest is what Debian's hardening=+all does, plus
# control-flow integrity where compiler and CPU have it.
set(SEKISHO_HARDENING -fstack-protector-strong -fstack-clash-protection)
target_compile_options(sekisho_build_flags INTERFACE ${SEKISHO_HARDENING})
# What is linked and not used stays out: most of gRPC's libraries of libraries.
target_link_options(sekisho_build_flags INTERFACE -Wl,--as-needed -Wl,--gc-sections)
target_link_options(sekisho_build_flags INTERFACE -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
target_compile_definitions(sekisho_build_flags INTERFACE _GLIBCXX_ASSERTIONS)
if(NOT SEKISHO_SANITIZE)
  # FORTIFY needs optimisation and hides errors from the sanitizers.
  target_compile_options(sekisho_build_flags INTERFACE
    $<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2>)
endif()
# x86: Intel CET (indirect-branch tracking and shadow stack). Arm: BTI and pointer authentication.
foreach(flag IN ITEMS -fcf-protection=full -mbranch-protection=standard)
  string(MAKE_C_IDENTIFIER "SEKISHO_HAS${flag}" has_flag)
  check_cxx_compiler_flag(${flag} ${has_flag})
  if(${has_flag})
    target_compile_options(sekisho_build_flags INTERFACE ${flag})
    list(APPEND SEKISHO_HARDENING ${flag})
  endif()
endforeach()
# Generated code keeps none of our warning rules, so that it does not link sekisho::build_flags.
function(sekisho_harden_generated target)
  if(NOT SEKISHO_SANITIZE)
    target_compile_options(${target} PRIVATE ${SEKISHO_HARDENING}
      $<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2>)
    target_compile_definitions(${target} PRIVATE _GLIBCXX_ASSERTIONS)
  endif()
endfunction()

# --- the same bytes in any folder ------------------------------------------------------------------
# For what the program is made of: where it was built shows neither in its debug information, of which the
# build-id is a sum, nor in its texts (.ci/check-reproducible). A debugger finds the sources from their root.
# The last map that fits is taken, and the build folder may lie in the source's.
function(sekisho_hide_folder target)
  if(NOT SEKISHO_SANITIZE)
    target_compile_options(${target} PRIVATE
      -ffile-prefix-map=${PROJECT_SOURCE_DIR}=. -ffile-prefix-map=${PROJECT_BINARY_DIR}=build)
  endif()
endfunction()

# --- sanitizers ----------------------------------------------------------------------------------
if(SEKISHO_SANITIZE)
  # Warnings are for the other builds: g++ 12 finds maybe-uninitialized values in its own <regex> here, and
  # files that are compiled together (Unity.cmake) shadow names of each other.
  target_compile_options(sekisho_build_flags INTERFACE
    -fsanitize=${SEKISHO_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -w)
  target_link_options(sekisho_build_flags INTERFACE -fsanitize=${SEKISHO_SANITIZE})
endif()

# --- speed of building ---------------------------------------------------------------------------
find_program(SEKISHO_CCACHE ccache)
if(SEKISHO_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${SEKISHO_CCACHE})
endif()
