# Headers, both forms of the library, and what lets CMake and pkg-config find them from wherever the
# prefix was moved to. Components: runtime, development, program.
include(CMakePackageConfigHelpers)
set(sloy_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/Sloy)

# One export set a form: finding the shared library must not ask for what only the static one links.
foreach(form static shared)
  install(TARGETS sloy_${form} EXPORT sloy_${form}
    ARCHIVE COMPONENT development
    LIBRARY COMPONENT runtime NAMELINK_COMPONENT development)
  install(EXPORT sloy_${form} NAMESPACE sloy:: FILE Sloy-${form}-targets.cmake
    DESTINATION ${sloy_package_dir} COMPONENT development)
endforeach()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/sloy DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  COMPONENT development FILES_MATCHING PATTERN "*.h")
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE ${PROJECT_SOURCE_DIR}/THIRD-PARTY.md
  DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT runtime)

# Builds all that is installed, and nothing else.
add_custom_target(sloy_installed DEPENDS sloy_static sloy_shared)
if(TARGET sloy)
  add_dependencies(sloy_installed sloy)
endif()

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/SloyConfig.cmake.in
  ${PROJECT_BINARY_DIR}/SloyConfig.cmake INSTALL_DESTINATION ${sloy_package_dir}
  NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/SloyConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/SloyConfig.cmake ${PROJECT_BINARY_DIR}/SloyConfigVersion.cmake
  ${PROJECT_SOURCE_DIR}/cmake/FindDNNL.cmake ${PROJECT_SOURCE_DIR}/cmake/FindHighway.cmake
  ${PROJECT_SOURCE_DIR}/cmake/FindMinizip.cmake
  DESTINATION ${sloy_package_dir} COMPONENT development)

if(SLOY_OPENMP)
  set(SLOY_PKGCONFIG_OPENMP -lgomp)
endif()
file(RELATIVE_PATH SLOY_PREFIX_FROM_PKGCONFIG /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
foreach(name sloy sloy-static)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/${name}.pc.in ${PROJECT_BINARY_DIR}/${name}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
    COMPONENT development)
endforeach()
