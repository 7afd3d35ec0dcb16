// Stands between a process and its disk (LD_PRELOAD). Below the folder SHIM_ROOT it writes down every change
// of a file and every sync with the monotonic time at which it began and ended (SHIM_JOURNAL), so that a
// test can say what a power cut would have left; it lets calls fail as SHIM_CONTROL says; and it ends
// the process in the middle of the change number SHIM_DIE_AT, or right before the sync number
// SHIM_DIE_AT_SYNC of a write-ahead log.
//
// The calls themselves are raw system calls: nothing here depends on which C library function calls which.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { OPENED = 1, WRITTEN, CUT, SYNCED, UNLINKED, RENAMED, MADE, FOLDER_SYNCED };

struct record {
  uint32_t kind, path_bytes, data_bytes, created;
  uint64_t began, ended, inode, at;
};

// Shared with the test, which writes it as a file. `what`: 0 every file, 1 only names ending in -wal,
// 2 only names ending in .db. A call fails while its count is above zero; `pass` of them go well before.
struct control {
  int32_t sync_errno, sync_count, sync_pass, sync_what;
  int32_t write_errno, write_count, open_errno, failed;
};

#define FDS 4096
static struct { char watched, folder; uint64_t inode, device; char path[512]; } files[FDS];
static char root[PATH_MAX];
static size_t root_length;
static int journal = -1;
static struct control *control;
static long die_at, changes, die_at_sync, log_syncs;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void prepare(void) {
  const char *given = getenv("SHIM_ROOT"), *path;
  if (!given) return;
  strncpy(root, given, sizeof root - 1);
  root_length = strlen(root);
  if ((path = getenv("SHIM_JOURNAL")))
    journal = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if ((path = getenv("SHIM_CONTROL"))) {
    int fd = syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
    void *page = mmap(0, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd >= 0 && page != MAP_FAILED) control = page;
  }
  if ((path = getenv("SHIM_DIE_AT"))) die_at = atol(path);
  if ((path = getenv("SHIM_DIE_AT_SYNC"))) die_at_sync = atol(path);
}

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + t.tv_nsec;
}

static int absolute(int folder, const char *path, char *out) {
  pthread_once(&once, prepare);
  if (root_length == 0 || !path) return 0;
  if (path[0] == '/') {
    strncpy(out, path, PATH_MAX - 1);
  } else if (folder == AT_FDCWD) {
    if (!getcwd(out, PATH_MAX - strlen(path) - 2)) return 0;
    strcat(strcat(out, "/"), path);
  } else return 0;
  return strncmp(out, root, root_length) == 0 && (out[root_length] == '/' || out[root_length] == 0);
}

// Some close without libc (libuv makes the system call itself): a number that is another file or a socket by now
// is not watched any more.
static int watched(int fd) {
  if (fd < 0 || fd >= FDS || !files[fd].watched) return 0;
  struct stat s;
  if (fstat(fd, &s) == 0 && s.st_ino == files[fd].inode && s.st_dev == files[fd].device) return 1;
  files[fd].watched = 0;
  return 0;
}

static void note(uint32_t kind, uint64_t began, uint64_t inode, uint64_t at, const char *path,
                 const void *data, size_t bytes, int created) {
  if (journal < 0) return;
  struct record r = {kind, path ? strlen(path) : 0, bytes, created, began, now(), inode, at};
  struct iovec parts[3] = {{&r, sizeof r}, {(void *)path, r.path_bytes}, {(void *)data, bytes}};
  syscall(SYS_writev, journal, parts, 3);
}

// Call with the lock held, before a change. True: this is the one in whose middle the process dies.
static int last_change(void) { return die_at > 0 && ++changes == die_at; }
static void die(void) { syscall(SYS_kill, getpid(), SIGKILL); for (;;) pause(); }

static int ends_with(const char *path, const char *end) {
  size_t a = strlen(path), b = strlen(end);
  return a >= b && strcmp(path + a - b, end) == 0;
}

static int concerns(int what, const char *path) {
  if (what == 1) return ends_with(path, "-wal");
  if (what == 2) return ends_with(path, ".db");
  return 1;
}

static int sync_fails(int fd) {
  if (!control || control->sync_count <= 0 || !concerns(control->sync_what, files[fd].path)) return 0;
  if (control->sync_pass > 0) { control->sync_pass--; return 0; }
  control->sync_count--;
  control->failed++;
  errno = control->sync_errno;
  return 1;
}

static int write_fails(void) {
  if (!control || control->write_count <= 0) return 0;
  control->write_count--;
  control->failed++;
  errno = control->write_errno;
  return 1;
}

static int open_at(int folder, const char *path, int flags, mode_t mode) {
  char full[PATH_MAX] = {0};
  if (!absolute(folder, path, full)) return syscall(SYS_openat, folder, path, flags, mode);
  pthread_mutex_lock(&lock);
  if (control && control->open_errno && (flags & O_ACCMODE) != O_RDONLY) {
    errno = control->open_errno;
    control->failed++;
    pthread_mutex_unlock(&lock);
    return -1;
  }
  struct stat s;
  uint64_t began = now();
  int there = syscall(SYS_faccessat, AT_FDCWD, full, F_OK) == 0;
  if (!there && (flags & O_CREAT) && last_change()) die();
  int fd = syscall(SYS_openat, folder, path, flags, mode);
  if (fd >= 0 && fd < FDS && fstat(fd, &s) == 0) {
    files[fd].watched = 1;
    files[fd].folder = S_ISDIR(s.st_mode);
    files[fd].inode = s.st_ino;
    files[fd].device = s.st_dev;
    snprintf(files[fd].path, sizeof files[fd].path, "%.511s", full);
    if (!files[fd].folder) note(OPENED, began, s.st_ino, 0, full, 0, 0, !there);
    if (there && (flags & O_TRUNC)) note(CUT, began, s.st_ino, 0, full, 0, 0, 0);
  }
  pthread_mutex_unlock(&lock);
  return fd;
}

#define MODE(flags) \
  mode_t mode = 0; \
  if ((flags) & (O_CREAT | __O_TMPFILE)) { va_list a; va_start(a, flags); mode = va_arg(a, mode_t); va_end(a); }

int open(const char *path, int flags, ...) { MODE(flags) return open_at(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags) return open_at(AT_FDCWD, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { MODE(flags) return open_at(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE(flags) return open_at(at, path, flags, mode); }
int creat(const char *path, mode_t mode) { return open_at(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

int close(int fd) {
  if (watched(fd)) {
    pthread_mutex_lock(&lock);
    files[fd].watched = 0;
    pthread_mutex_unlock(&lock);
  }
  return syscall(SYS_close, fd);
}

// at < 0: at the file's own position.
static ssize_t write_at(int fd, const void *bytes, size_t count, off_t at) {
  if (!watched(fd))
    return at < 0 ? syscall(SYS_write, fd, bytes, count) : syscall(SYS_pwrite64, fd, bytes, count, at);
  pthread_mutex_lock(&lock);
  ssize_t done = -1;
  if (!write_fails()) {
    struct stat s;
    off_t place = at;
    if (at < 0) {
      int append = syscall(SYS_fcntl, fd, F_GETFL) & O_APPEND;
      place = append && fstat(fd, &s) == 0 ? s.st_size : syscall(SYS_lseek, fd, 0, SEEK_CUR);
    }
    int last = last_change();
    size_t part = last ? count / 2 : count;
    uint64_t began = now();
    done = at < 0 ? syscall(SYS_write, fd, bytes, part) : syscall(SYS_pwrite64, fd, bytes, part, at);
    if (last) die();
    if (done > 0) note(WRITTEN, began, files[fd].inode, place, 0, bytes, done, 0);
  }
  pthread_mutex_unlock(&lock);
  return done;
}

ssize_t write(int fd, const void *bytes, size_t count) { return write_at(fd, bytes, count, -1); }
ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) { return write_at(fd, bytes, count, at); }
ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) { return write_at(fd, bytes, count, at); }

static ssize_t writev_at(int fd, const struct iovec *parts, int count, off_t at) {
  if (!watched(fd))
    return at < 0 ? syscall(SYS_writev, fd, parts, count)
                  : syscall(SYS_pwritev, fd, parts, count, (unsigned long)at, 0ul);
  ssize_t all = 0;
  for (int i = 0; i < count; i++) {
    ssize_t done = write_at(fd, parts[i].iov_base, parts[i].iov_len, at < 0 ? -1 : at + all);
    if (done < 0) return all > 0 ? all : -1;
    all += done;
    if ((size_t)done < parts[i].iov_len) break;
  }
  return all;
}

ssize_t writev(int fd, const struct iovec *parts, int count) { return writev_at(fd, parts, count, -1); }
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) { return writev_at(fd, parts, count, at); }
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t at) { return writev_at(fd, parts, count, at); }

int ftruncate(int fd, off_t size) {
  if (!watched(fd)) return syscall(SYS_ftruncate, fd, size);
  pthread_mutex_lock(&lock);
  int result = -1;
  if (!write_fails()) {
    uint64_t began = now();
    if (last_change()) die();
    result = syscall(SYS_ftruncate, fd, size);
    if (result == 0) note(CUT, began, files[fd].inode, size, 0, 0, 0, 0);
  }
  pthread_mutex_unlock(&lock);
  return result;
}
int ftruncate64(int fd, off64_t size) { return ftruncate(fd, size); }

static int sync_file(long call, int fd) {
  if (!watched(fd)) return syscall(call, fd);
  pthread_mutex_lock(&lock);
  int result = -1;
  if (!sync_fails(fd)) {
    uint64_t began = now();
    if (last_change() || (ends_with(files[fd].path, "-wal") && ++log_syncs == die_at_sync)) die();
    result = syscall(call, fd);
    if (result == 0)
      note(files[fd].folder ? FOLDER_SYNCED : SYNCED, began, files[fd].inode, 0, files[fd].path, 0, 0, 0);
  }
  pthread_mutex_unlock(&lock);
  return result;
}
int fsync(int fd) { return sync_file(SYS_fsync, fd); }
int fdatasync(int fd) { return sync_file(SYS_fdatasync, fd); }

int unlinkat(int at, const char *path, int flags) {
  char full[PATH_MAX] = {0};
  if (!absolute(at, path, full)) return syscall(SYS_unlinkat, at, path, flags);
  pthread_mutex_lock(&lock);
  uint64_t began = now();
  if (last_change()) die();
  int result = syscall(SYS_unlinkat, at, path, flags);
  if (result == 0) note(UNLINKED, began, 0, 0, full, 0, 0, 0);
  pthread_mutex_unlock(&lock);
  return result;
}
int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }

int renameat(int at, const char *path, int to_at, const char *to) {
  char full[PATH_MAX] = {0}, target[PATH_MAX] = {0};
  int here = absolute(at, path, full) & absolute(to_at, to, target);
  if (!here) return syscall(SYS_renameat2, at, path, to_at, to, 0);
  pthread_mutex_lock(&lock);
  uint64_t began = now();
  if (last_change()) die();
  int result = syscall(SYS_renameat2, at, path, to_at, to, 0);
  if (result == 0) note(RENAMED, began, 0, 0, full, target, strlen(target), 0);
  pthread_mutex_unlock(&lock);
  return result;
}
int rename(const char *path, const char *to) { return renameat(AT_FDCWD, path, AT_FDCWD, to); }

int mkdirat(int at, const char *path, mode_t mode) {
  char full[PATH_MAX] = {0};
  if (!absolute(at, path, full)) return syscall(SYS_mkdirat, at, path, mode);
  pthread_mutex_lock(&lock);
  uint64_t began = now();
  if (last_change()) die();
  int result = syscall(SYS_mkdirat, at, path, mode);
  if (result == 0) note(MADE, began, 0, 0, full, 0, 0, 0);
  pthread_mutex_unlock(&lock);
  return result;
}
int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }
