# SQLite: one pinned amalgamation, one set of options, on every target. The sources come out of the npm
# package better-sqlite3, which set-up installs; none of its code but SQLite's own is built.

set(OUTBOARD_SQLITE_DIR ${PROJECT_SOURCE_DIR}/web/node_modules/better-sqlite3/deps/sqlite3
    CACHE PATH "The folder with sqlite3.c and sqlite3.h")
if(NOT EXISTS ${OUTBOARD_SQLITE_DIR}/sqlite3.c)
  message(FATAL_ERROR "SQLite's sources are not in ${OUTBOARD_SQLITE_DIR}. Run ./run or ./test once: they install them.")
endif()

add_library(sqlite STATIC ${OUTBOARD_SQLITE_DIR}/sqlite3.c)
target_include_directories(sqlite SYSTEM PUBLIC ${OUTBOARD_SQLITE_DIR})
target_compile_options(sqlite PRIVATE -w)
target_compile_definitions(sqlite
  PUBLIC
    SQLITE_ENABLE_PREUPDATE_HOOK
    SQLITE_OMIT_LOAD_EXTENSION
  PRIVATE
    SQLITE_DQS=0                       # "x" is a name, never a text
    SQLITE_DEFAULT_FOREIGN_KEYS=1
    SQLITE_DEFAULT_WAL_SYNCHRONOUS=1   # NORMAL
    SQLITE_ENABLE_DBPAGE_VTAB          # export reads pages through it
    SQLITE_ENABLE_FTS5
    SQLITE_ENABLE_MATH_FUNCTIONS
    SQLITE_ENABLE_RTREE
    SQLITE_LIKE_DOESNT_MATCH_BLOBS
    SQLITE_MAX_EXPR_DEPTH=500
    SQLITE_OMIT_DEPRECATED
    SQLITE_OMIT_SHARED_CACHE
    SQLITE_STRICT_SUBTYPE=1
    SQLITE_TEMP_STORE=1                # temporary data goes to files once it outgrows the cache
    SQLITE_USE_ALLOCA)

if(WASI)
  target_compile_definitions(sqlite PRIVATE
    SQLITE_THREADSAFE=0
    SQLITE_OS_OTHER=1)                 # the VFS is ours
else()
  target_compile_definitions(sqlite PRIVATE
    SQLITE_THREADSAFE=2                # engines on many threads, each connection on one
    SQLITE_DEFAULT_MEMSTATUS=0
    SQLITE_ENABLE_SESSION)             # an oracle for tests
  target_compile_options(sqlite PRIVATE -O2)
  target_link_libraries(sqlite PUBLIC m)
endif()
