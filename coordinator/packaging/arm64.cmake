# For 64-bit Raspberry Pi OS and other Debians on arm64, built on amd64 (README: arm64). Tests and what the build itself runs go
# through qemu-user.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
# A log maps 64 GiB where it can, and qemu-user keeps a record for each page of that, for ever.
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -R 6G)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig)
