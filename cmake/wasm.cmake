# The module: a reactor (no main) whose exports are the C functions of worker/exports_wasm.cc.

add_executable(outboard src/worker/exports_wasm.cc)
set_target_properties(outboard PROPERTIES SUFFIX .wasm)
target_link_libraries(outboard PRIVATE engine)
target_link_options(outboard PRIVATE
  -mexec-model=reactor --no-wasm-opt
  -Wl,--gc-sections -Wl,-z,stack-size=1048576 -Wl,-Map=${CMAKE_BINARY_DIR}/outboard.map)

# Names stay in outboard.wasm for profiles; what is shipped goes without, and a sixth smaller: Binaryen
# knows what clang leaves. The features are those of the toolchain file.
set(shipped ${CMAKE_BINARY_DIR}/outboard.min.wasm)
add_custom_command(TARGET outboard POST_BUILD
  COMMAND llvm-strip-22 --strip-all -o ${shipped} $<TARGET_FILE:outboard>
  COMMAND wasm-opt -Os --enable-bulk-memory --enable-sign-ext --enable-nontrapping-float-to-int
    --enable-mutable-globals ${shipped} -o ${shipped})
