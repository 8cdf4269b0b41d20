// Restoring the terminal from a signal handler. Only async-signal-safe calls are made in one: `endwin` is
// not among them, so the bytes to write are made beforehand.
#define _GNU_SOURCE

#include "CNCurses.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/// Signals that end the process, and whether they mean that it went wrong by itself.
static const struct {
  int number;
  const char *name; // NULL: sent from outside, nothing to explain
} deaths[] = {
  {SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"}, {SIGILL, "SIGILL"}, {SIGTRAP, "SIGTRAP"},
  {SIGABRT, "SIGABRT"}, {SIGFPE, "SIGFPE"}, {SIGTERM, NULL},    {SIGHUP, NULL},
  {SIGQUIT, NULL},       {SIGSYS, "SIGSYS"},   {SIGXCPU, "SIGXCPU"}, {SIGXFSZ, "SIGXFSZ"},
  {SIGUSR1, NULL},       {SIGUSR2, NULL},      {SIGALRM, NULL},      {SIGVTALRM, NULL},
  {SIGPROF, NULL},       {SIGIO, NULL},        {SIGPWR, NULL},       {SIGSTKFLT, NULL},
  {SIGPIPE, NULL},
};
static const int news[] = {SIGWINCH, SIGTSTP, SIGCONT, SIGINT};

enum {
  DEATHS = sizeof deaths / sizeof *deaths,
  NEWS = sizeof news / sizeof *news,
  TAIL = 16384, // bytes at the end of the log that are looked through
};

static struct {
  volatile sig_atomic_t armed;
  volatile sig_atomic_t interrupts; // since the last was read
  volatile sig_atomic_t continued;  // since the last stop
  int dying;
  bool remembered, at_exit;
  int terminal, saved_output, saved_error, wake;
  char restore[512];
  size_t restore_length;
  char log_path[4096];
  off_t log_start;
  struct termios modes;
  struct sigaction old_deaths[DEATHS], old_news[NEWS], old_real_time[NSIG], old_bus;
  sigset_t old_mask;
  stack_t old_stack;
  void *stack;
} guard;

static void put(int fd, const char *text, size_t length) {
  while (length > 0) {
    ssize_t written = write(fd, text, length);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text += written;
    length -= (size_t)written;
  }
}

static void say(const char *text) { put(STDERR_FILENO, text, strlen(text)); }

static void restore_terminal(void) {
  put(guard.terminal, guard.restore, guard.restore_length);
  // A background process that sets modes is stopped for it; it is the shell's terminal by then.
  pid_t owner = tcgetpgrp(guard.terminal);
  if (owner < 0 || owner == getpgrp()) tcsetattr(guard.terminal, TCSANOW, &guard.modes);
}

/// Shows the runtime's last words, which went to stderr while the screen was up: the line of a trap. A
/// stack trace may follow it there, which is left to the log.
static void show_last_words(int log) {
  static const char marks[][20] = {"Fatal error", "Assertion failed"};
  static char tail[TAIL];
  struct stat info;
  if (log < 0 || fstat(log, &info) != 0) return;
  off_t start = info.st_size - TAIL > guard.log_start ? info.st_size - TAIL : guard.log_start;
  ssize_t length = start < info.st_size ? pread(log, tail, sizeof tail, start) : 0;
  if (length <= 0) return;
  char *end = tail + length, *line = NULL;
  for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
    size_t size = strlen(marks[i]);
    for (char *at = tail; (at = memmem(at, (size_t)(end - at), marks[i], size)); at += size) line = at;
  }
  if (!line) return;
  while (line > tail && line[-1] != '\n') line--;
  char *stop = memchr(line, '\n', (size_t)(end - line));
  if (!stop) stop = end;
  for (char *at = line; at < stop; at++) {
    // The message may quote text of untrusted files.
    unsigned char byte = (unsigned char)*at;
    // In UTF-8 the controls above ASCII are C2 and a byte below A0.
    bool is_c1 = byte == 0xc2 && at + 1 < stop && (unsigned char)at[1] < 0xa0;
    if (byte < 0x20 || byte == 0x7f || is_c1) *at = '?';
  }
  put(STDERR_FILENO, line, (size_t)(stop - line));
  say("\n");
}

/// Whether an address is in a file that is mapped, and the file's name without its folders, as the kernel lists them.
static bool is_mapped(const void *address, char *name, size_t room) {
  static char buffer[4096], line[8192];
  int maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  size_t length = 0;
  bool found = false;
  for (ssize_t count; !found && maps >= 0 && (count = read(maps, buffer, sizeof buffer)) > 0;) {
    for (ssize_t i = 0; i < count && !found; i++) {
      if (buffer[i] != '\n') {
        if (length + 1 < sizeof line) line[length++] = buffer[i];
        continue;
      }
      line[length] = 0;
      length = 0;
      // 7f0000000000-7f0000001000 r--p 00000000 fe:00 1234    /folder/file
      char *end = line;
      uintptr_t bounds[2] = {0, 0};
      for (int bound = 0; bound < 2; bound++) {
        for (;; end++) {
          int digit = *end >= '0' && *end <= '9' ? *end - '0' : *end >= 'a' && *end <= 'f' ? *end - 'a' + 10 : -1;
          if (digit < 0) break;
          bounds[bound] = bounds[bound] << 4 | (uintptr_t)digit;
        }
        if (bound == 0 && *end == '-') end++;
      }
      const char *path = strchr(end, '/');
      if ((uintptr_t)address < bounds[0] || (uintptr_t)address >= bounds[1] || !path) continue;
      const char *last = strrchr(path, '/') + 1;
      size_t size = 0;
      for (; last[size] && size + 1 < room; size++) {
        // Names are of strangers: what is above ASCII may be a control character there.
        unsigned char byte = (unsigned char)last[size];
        name[size] = byte < 0x20 || byte >= 0x7f ? '?' : last[size];
      }
      name[size] = 0;
      found = true;
    }
  }
  if (maps >= 0) close(maps);
  return found;
}

/// Ends the process in a sentence where the bytes of a mapped file are gone: there is nothing to go on with.
static void end_for_lost_file(int number, const siginfo_t *info) {
  static char name[256];
  if (number != SIGBUS || !info || info->si_code != BUS_ADRERR || !is_mapped(info->si_addr, name, sizeof name)) return;
  say("exemplar: ");
  say(name);
  say(" cannot be read any more: another program cut it short, or its disk failed\n");
  _exit(1);
}

static void lose_file(int number, siginfo_t *info, void *context) {
  (void)context;
  end_for_lost_file(number, info);
  // It comes again, to whoever had it before.
  sigaction(SIGBUS, &guard.old_bus, NULL);
}

void ct_guard_watch_files(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  sigfillset(&action.sa_mask);
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  action.sa_sigaction = lose_file;
  sigaction(SIGBUS, &action, &guard.old_bus);
}

static void die(int number, siginfo_t *info, void *context) {
  (void)context;
  // When two threads die, the second must not end the process before the first is done.
  while (__sync_lock_test_and_set(&guard.dying, 1)) pause();
  size_t index = 0;
  while (index < DEATHS && deaths[index].number != number) index++;
  if (guard.armed) {
    guard.armed = 0;
    restore_terminal();
    int log = guard.log_path[0] ? dup(STDERR_FILENO) : -1;
    if (guard.saved_output >= 0) dup2(guard.saved_output, STDOUT_FILENO);
    if (guard.saved_error >= 0) dup2(guard.saved_error, STDERR_FILENO);
    end_for_lost_file(number, info);
    if (index < DEATHS && deaths[index].name) {
      show_last_words(log);
      say("exemplar: stopped by ");
      say(deaths[index].name);
      if (guard.log_path[0]) {
        say("; its log is ");
        say(guard.log_path);
      }
      say("\n");
    }
  }
  // Not to whoever had the signal before: Swift's backtracer would ask a question and wait for half a
  // minute. The exit status stays that of the signal.
  signal(number, SIG_DFL);
  raise(number);
}

static void at_exit(void) {
  if (!guard.armed) return;
  guard.armed = 0;
  restore_terminal();
  // What was held back while the screen was up belongs to the log.
  fflush(NULL);
  if (guard.saved_output >= 0) dup2(guard.saved_output, STDOUT_FILENO);
  if (guard.saved_error >= 0) dup2(guard.saved_error, STDERR_FILENO);
}

static void tell(int number) {
  if (number == SIGCONT) guard.continued = 1;
  // While we are stopped, or leaving, the screen is not ours.
  if (!guard.armed && number != SIGINT) return;
  int saved_errno = errno;
  char byte = CT_RESIZED;
  if (number == SIGTSTP) byte = CT_STOP;
  if (number == SIGCONT) byte = CT_CONTINUED;
  if (number == SIGINT) {
    byte = CT_INTERRUPT;
    // Nobody has read the last one: the program hangs.
    if (guard.interrupts++ > 0) die(SIGINT, NULL, NULL);
  }
  // The pipe does not block; when it is full, there is enough in it to be read.
  (void)!write(guard.wake, &byte, 1);
  errno = saved_errno;
}

void ct_guard_remember(void) {
  for (size_t i = 0; i < DEATHS; i++) sigaction(deaths[i].number, NULL, &guard.old_deaths[i]);
  for (size_t i = 0; i < NEWS; i++) sigaction(news[i], NULL, &guard.old_news[i]);
  for (int number = SIGRTMIN; number <= SIGRTMAX; number++) sigaction(number, NULL, &guard.old_real_time[number]);
  guard.remembered = true;
}

static void install(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  sigfillset(&action.sa_mask);
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  action.sa_sigaction = die;
  for (size_t i = 0; i < DEATHS; i++) {
    // A signal that is ignored, as under nohup, stays ignored.
    if (guard.old_deaths[i].sa_handler != SIG_IGN) sigaction(deaths[i].number, &action, NULL);
  }
  for (int number = SIGRTMIN; number <= SIGRTMAX; number++) {
    if (guard.old_real_time[number].sa_handler == SIG_DFL) sigaction(number, &action, NULL);
  }
  action.sa_flags = SA_ONSTACK | SA_RESTART;
  action.sa_handler = tell;
  for (size_t i = 0; i < NEWS; i++) sigaction(news[i], &action, NULL);
}

bool ct_guard_arm(const struct ct_guard_options *options) {
  size_t length = strlen(options->restore);
  const char *log = options->log_path ? options->log_path : "";
  if (length >= sizeof guard.restore || strlen(log) >= sizeof guard.log_path) return false;
  memcpy(guard.restore, options->restore, length);
  guard.restore_length = length;
  strcpy(guard.log_path, log);
  guard.terminal = options->terminal;
  guard.modes = *options->modes;
  guard.saved_output = options->saved_output;
  guard.saved_error = options->saved_error;
  guard.wake = options->wake;
  guard.interrupts = 0;
  struct stat info;
  guard.log_start = log[0] && fstat(STDERR_FILENO, &info) == 0 ? info.st_size : 0;
  // Running out of stack leaves none for the handler. Only this thread gets one of its own.
  enum { STACK = 64 * 1024 };
  guard.stack = malloc(STACK);
  stack_t stack = {.ss_sp = guard.stack, .ss_size = STACK};
  if (!guard.stack || sigaltstack(&stack, &guard.old_stack) != 0) {
    free(guard.stack);
    guard.stack = NULL;
  }
  if (!guard.remembered) ct_guard_remember();
  if (!guard.at_exit) guard.at_exit = atexit(at_exit) == 0;
  guard.armed = 1;
  install();
  // A parent may have left them blocked, as a thread of libdispatch does: no size would ever be told.
  sigset_t handled;
  sigemptyset(&handled);
  for (size_t i = 0; i < DEATHS; i++) sigaddset(&handled, deaths[i].number);
  for (size_t i = 0; i < NEWS; i++) sigaddset(&handled, news[i]);
  for (int number = SIGRTMIN; number <= SIGRTMAX; number++) sigaddset(&handled, number);
  pthread_sigmask(SIG_UNBLOCK, &handled, &guard.old_mask);
  return true;
}

void ct_guard_disarm(void) {
  guard.armed = 0;
  pthread_sigmask(SIG_SETMASK, &guard.old_mask, NULL);
  for (size_t i = 0; i < DEATHS; i++) sigaction(deaths[i].number, &guard.old_deaths[i], NULL);
  for (size_t i = 0; i < NEWS; i++) sigaction(news[i], &guard.old_news[i], NULL);
  for (int number = SIGRTMIN; number <= SIGRTMAX; number++) sigaction(number, &guard.old_real_time[number], NULL);
  guard.remembered = false;
  if (guard.stack) {
    sigaltstack(&guard.old_stack, NULL);
    free(guard.stack);
    guard.stack = NULL;
  }
}

void ct_guard_interrupt_seen(void) { guard.interrupts = 0; }

void ct_guard_stop(void) {
  guard.armed = 0;
  guard.continued = 0;
  struct sigaction stop, old;
  memset(&stop, 0, sizeof stop);
  stop.sa_handler = SIG_DFL;
  sigaction(SIGTSTP, &stop, &old);
  // The whole group, as the terminal itself would: a `make` that started us must let the shell have it.
  kill(0, SIGTSTP);
  // Another thread may take the signal, a moment later; going on at once would undo the stop. An
  // orphaned group is not stopped at all, and is not waited for long.
  for (int i = 0; i < 200 && !guard.continued; i++) usleep(1000);
  sigaction(SIGTSTP, &old, NULL);
  guard.armed = 1;
}
