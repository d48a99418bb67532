# The C++ of the README is a program: built as it stands there, and run by tests/snippets/readme_test.cc.

set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/README.md)
file(READ ${PROJECT_SOURCE_DIR}/README.md readme)
string(FIND "${readme}" "```cpp\n" start)
math(EXPR start "${start} + 7")
string(SUBSTRING "${readme}" ${start} -1 snippet)
string(FIND "${snippet}" "```" end)
string(SUBSTRING "${snippet}" 0 ${end} snippet)
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/snippets/readme.cc CONTENT "${snippet}" @ONLY)

add_executable(snippet_readme ${CMAKE_BINARY_DIR}/snippets/readme.cc)
target_link_libraries(snippet_readme PRIVATE worker)
