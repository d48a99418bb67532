# What an application links: one static library with everything in it (C++ and C), and a shared one that
# shows nothing but the C interface. `cmake --install` puts them where find_package(Outboard) and
# pkg-config find them, with the headers and the command.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# outboard_static: the objects of all rooms that an application needs, and SQLite's, in one archive.
set(objects "")
foreach(name IN ITEMS base protocol client store sync journal engine worker capi sqlite)
  list(APPEND objects $<TARGET_OBJECTS:${name}>)
endforeach()
add_library(outboard_static STATIC ${objects})
target_sources(outboard_static PRIVATE $<TARGET_OBJECTS:net> $<TARGET_OBJECTS:remote>)  # connect()
set_target_properties(outboard_static PROPERTIES OUTPUT_NAME outboard EXPORT_NAME outboard LINKER_LANGUAGE CXX)
target_include_directories(outboard_static INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_compile_features(outboard_static INTERFACE cxx_std_20)
target_link_libraries(outboard_static PUBLIC OpenSSL::SSL Threads::Threads m)

# outboard_shared: liboutboard.so, for C and whatever can call it.
set(exported ${PROJECT_SOURCE_DIR}/src/capi/exported.map)
add_library(outboard_shared SHARED ${objects})
set_target_properties(outboard_shared PROPERTIES
  OUTPUT_NAME outboard EXPORT_NAME c LINKER_LANGUAGE CXX
  VERSION ${PROJECT_VERSION} SOVERSION 0
  LINK_DEPENDS ${exported})
target_include_directories(outboard_shared INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(outboard_shared PRIVATE Threads::Threads m)
target_link_options(outboard_shared PRIVATE -Wl,--version-script=${exported})
if(NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize")  # whose functions only come with the program
  target_link_options(outboard_shared PRIVATE -Wl,--no-undefined)
endif()

# ---- Installed ----

install(DIRECTORY include/outboard TYPE INCLUDE)
install(TARGETS outboard_static outboard_shared EXPORT OutboardTargets)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/Outboard)
install(EXPORT OutboardTargets NAMESPACE Outboard:: DESTINATION ${package_folder})
configure_package_config_file(cmake/OutboardConfig.cmake.in ${CMAKE_BINARY_DIR}/OutboardConfig.cmake
  INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/OutboardConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/OutboardConfig.cmake ${CMAKE_BINARY_DIR}/OutboardConfigVersion.cmake
  DESTINATION ${package_folder})

# outboard.pc is for C++, outboard-c.pc for C. Relative, so that an installation may be moved.
file(RELATIVE_PATH prefix_from_pkgconfig
  ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
function(install_pc package_file package_name package_description package_libs)
  configure_file(cmake/outboard.pc.in ${CMAKE_BINARY_DIR}/${package_file} @ONLY)
  install(FILES ${CMAKE_BINARY_DIR}/${package_file} DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()
set(what "A local-first data engine that hangs off the main thread")
install_pc(outboard.pc Outboard "${what}: for C++20" "-l:liboutboard.a -lssl -lcrypto -lm -pthread")
install_pc(outboard-c.pc "Outboard, C interface" "${what}: for C" "-loutboard")
install(FILES LICENSE README.md CHANGELOG.md TYPE DOC)
