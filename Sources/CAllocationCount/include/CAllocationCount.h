#ifndef C_ALLOCATION_COUNT_H
#define C_ALLOCATION_COUNT_H

/// Blocks of memory that this process has asked for so far (malloc and its kin, all threads), or -1 where they are not counted
/// (a C library other than glibc, or a build with a sanitizer).
long allocation_count(void);

#endif
