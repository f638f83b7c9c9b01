# What `cmake --install` puts where: library, headers, packages for CMake and pkg-config, command line, man page.
# SPDX-License-Identifier: MIT
option(SAMEPAGE_INSTALL "Install samepage" ${SAMEPAGE_TOP_LEVEL})
if(NOT SAMEPAGE_INSTALL)
  return()
endif()
include(CMakePackageConfigHelpers)

set(samepage_libraries samepage)
if(TARGET samepage_win32)
  list(APPEND samepage_libraries samepage_win32)
endif()
if(TARGET samepage_dll)
  list(APPEND samepage_libraries samepage_dll)
endif()
install(TARGETS ${samepage_libraries} EXPORT samepage-targets
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT Runtime
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT Runtime NAMELINK_COMPONENT Development
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT Development)
install(DIRECTORY include/samepage DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT Development
  FILES_MATCHING PATTERN "*.hpp" PATTERN "*.h")
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT Runtime)

# find_package(samepage) gives samepage::samepage. SameMajorVersion, as SOVERSION is the major version.
set(samepage_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/samepage)
install(EXPORT samepage-targets NAMESPACE samepage:: DESTINATION ${samepage_package_dir} COMPONENT Development)
configure_package_config_file(cmake/samepage-config.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/samepage-config.cmake
  INSTALL_DESTINATION ${samepage_package_dir})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/samepage-config-version.cmake
  COMPATIBILITY SameMajorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/samepage-config.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/samepage-config-version.cmake
  DESTINATION ${samepage_package_dir} COMPONENT Development)

# pkg-config samepage. The prefix is found from where the file lies, so the tree may be moved.
file(RELATIVE_PATH samepage_pc_to_prefix /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
if(BUILD_SHARED_LIBS)
  set(samepage_pc_cflags "")
else()
  set(samepage_pc_cflags " -DSAMEPAGE_STATIC")
endif()
configure_file(cmake/samepage.pc.in ${CMAKE_CURRENT_BINARY_DIR}/samepage.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/samepage.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
  COMPONENT Development)

if(NOT TARGET samepage_cli)
  return()
endif()
install(TARGETS samepage_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT Runtime)
if(TARGET samepage_bridge)
  install(TARGETS samepage_bridge RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT Bridge)
endif()
if(NOT WIN32)
  install(FILES ${CMAKE_BINARY_DIR}/samepage.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
    RENAME samepage COMPONENT Runtime)

  find_program(SAMEPAGE_SCDOC scdoc DOC "Makes the man page")
  if(SAMEPAGE_SCDOC)
    # samepage_man_page(NAME COMPONENT): of docs/man/NAME.1.scd
    function(samepage_man_page name component)
      set(page ${CMAKE_CURRENT_BINARY_DIR}/${name}.1)
      set(source ${CMAKE_CURRENT_SOURCE_DIR}/docs/man/${name}.1.scd)
      add_custom_command(OUTPUT ${page} DEPENDS ${source} VERBATIM
        COMMAND sh -c "'${SAMEPAGE_SCDOC}' <'${source}' >'${page}'")
      add_custom_target(${name}_man ALL DEPENDS ${page})
      install(FILES ${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT ${component})
    endfunction()
    samepage_man_page(samepage Runtime)
    if(TARGET samepage_bridge)
      samepage_man_page(samepage-bridge Bridge)
    endif()
  else()
    message(STATUS "scdoc is not here, so there is no man page")
  endif()
endif()
