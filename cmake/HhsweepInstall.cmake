# SPDX-License-Identifier: MIT

# Install rules and the package that find_package(hhsweep) reads. The program is a component of its
# own, so that scripts/bundle.sh can take it alone.
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/hhsweep")

set_target_properties(hhsweep_core PROPERTIES EXPORT_NAME core)
set_target_properties(hhsweep_cuda PROPERTIES EXPORT_NAME cuda)
set_target_properties(hhsweep_floating_point PROPERTIES EXPORT_NAME floating_point)
install(TARGETS hhsweep hhsweep_core hhsweep_cuda hhsweep_floating_point
        EXPORT hhsweep
        ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT library)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/hhsweep" "${PROJECT_BINARY_DIR}/include/hhsweep"
        DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT library FILES_MATCHING PATTERN "*.hpp")
install(EXPORT hhsweep NAMESPACE hhsweep:: FILE hhsweepTargets.cmake
        DESTINATION "${package_dir}" COMPONENT library)
configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/cmake/hhsweepConfig.cmake.in" "${PROJECT_BINARY_DIR}/hhsweepConfig.cmake"
  INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/hhsweepConfigVersion.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/hhsweepConfig.cmake"
              "${PROJECT_BINARY_DIR}/hhsweepConfigVersion.cmake"
        DESTINATION "${package_dir}" COMPONENT library)

if(HHSWEEP_CLI)
  install(TARGETS hhsweep_cli RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT program)
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/examples" DESTINATION "${CMAKE_INSTALL_DATADIR}/hhsweep"
          COMPONENT examples)
endif()
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}"
        COMPONENT library)
