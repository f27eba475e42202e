# Links gRPC, Protobuf and Abseil into the agent, in place of some fifty shared libraries: what thread-local
# variables and calls between these cost goes away (docs/performance.md has figures). Debian has both forms of
# each in the same package. The price: a correction of one of them reaches the agent when it is built again.
#
# SEKISHO_LINKED_PACKAGES says whose they are: their licences and versions belong to what is distributed.
function(sekisho_link_rpc_statically)
  set(archives)
  get_property(imported DIRECTORY PROPERTY IMPORTED_TARGETS)
  foreach(target IN LISTS imported)
    if(NOT target MATCHES "^(absl|gRPC)::" AND NOT target MATCHES "^protobuf::libprotobuf$")
      continue()
    endif()
    foreach(property IMPORTED_LOCATION IMPORTED_LOCATION_NONE IMPORTED_LOCATION_RELEASE)
      get_target_property(file ${target} ${property})
      string(REGEX REPLACE "\\.so(\\.[0-9]+)*$" ".a" archive "${file}")
      if(NOT archive STREQUAL file AND EXISTS "${archive}")
        set_target_properties(${target} PROPERTIES ${property} "${archive}")
        list(APPEND archives "${archive}")
      endif()
    endforeach()
  endforeach()
  if(archives)
    sekisho_packages_of(packages ${archives})
  endif()
  set(SEKISHO_LINKED_PACKAGES "${packages}" PARENT_SCOPE)
endfunction()
sekisho_link_rpc_statically()
