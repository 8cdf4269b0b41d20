// Before <curses.h>: switches on the wide-character functions.
#define NCURSES_WIDECHAR 1
// And `wcwidth`.
#define _GNU_SOURCE

#include "CNCurses.h"

#include <curses.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <term.h>
#include <unistd.h>

static SCREEN *screen;
static FILE *input_file, *output_file;

int ct_terminfo_colors(const char *term, int fd) {
  int status = 0;
  if (setupterm(term, fd, &status) != OK) return -2;
  int colors = tigetnum("colors");
  del_curterm(cur_term);
  return colors;
}

static void close_files(void) {
  if (input_file) fclose(input_file);
  if (output_file) fclose(output_file);
  input_file = output_file = NULL;
}

static FILE *stream(int fd, const char *mode) {
  int copy = dup(fd);
  if (copy < 0) return NULL;
  FILE *file = fdopen(copy, mode);
  if (!file) close(copy);
  return file;
}

const char *ct_open(const char *term, int input, int output) {
  input_file = stream(input, "r");
  output_file = stream(output, "w");
  if (!input_file || !output_file) {
    close_files();
    return "its file descriptors cannot be copied";
  }
  set_escdelay(25);
  // newterm makes room for all that a terminal claims to be. Where that is beyond any display, curses begins with the size
  // in the terminfo entry, if there is one, and the caller resizes it.
  int height, width;
  bool is_huge =
      ct_window_size(output, &height, &width) && (height > CT_MOST_ROWS || width > CT_MOST_COLUMNS);
  use_env(!is_huge);
  screen = newterm(term, output_file, input_file);
  if (!screen && is_huge) {
    use_env(TRUE);
    screen = newterm(term, output_file, input_file);
  }
  if (!screen) {
    close_files();
    return "curses refused it";
  }
  set_term(screen);
  raw();
  noecho();
  nonl();
  // Input is not read through curses, so it must not look for any while it draws.
  typeahead(-1);
  intrflush(stdscr, FALSE);
  keypad(stdscr, TRUE);
  leaveok(stdscr, FALSE);
  scrollok(stdscr, FALSE);
  if (has_colors()) {
    start_color();
    use_default_colors();
  }
  return NULL;
}

void ct_leave(void) { endwin(); }

void ct_reopen(void) {
  reset_prog_mode();
  ct_invalidate();
  wrefresh(stdscr);
}

void ct_close(void) {
  if (!screen) return;
  delscreen(screen);
  screen = NULL;
  close_files();
}

const char *ct_capability(const char *name) {
  const char *value = tigetstr((char *)name);
  return value == (const char *)-1 ? NULL : value;
}

bool ct_window_size(int fd, int *height, int *width) {
  struct winsize size;
  if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) return false;
  *height = size.ws_row;
  *width = size.ws_col;
  return true;
}

bool ct_resize(int height, int width) { return resize_term(height, width) == OK; }
int ct_rows(void) { return LINES; }
int ct_columns(void) { return COLS; }

int ct_pair_limit(void) { return has_colors() ? COLOR_PAIRS : 1; }

bool ct_set_pair(int pair, int foreground, int background) {
  return init_extended_pair(pair, foreground, background) == OK;
}

int ct_glyph_width(wchar_t character) { return wcwidth(character); }

void ct_put(int row, int column, const wchar_t *glyph, unsigned attributes, int pair) {
  attr_t bits = WA_NORMAL;
  if (attributes & CT_BOLD) bits |= WA_BOLD;
  if (attributes & CT_DIM) bits |= WA_DIM;
  if (attributes & CT_ITALIC) bits |= WA_ITALIC;
  if (attributes & CT_UNDERLINE) bits |= WA_UNDERLINE;
  if (attributes & CT_REVERSE) bits |= WA_REVERSE;
  cchar_t cell;
  // The last argument carries a pair that a short cannot.
  if (setcchar(&cell, glyph, bits, 0, &pair) != OK) return;
  // An error in the last cell of the screen only says that the cursor has nowhere to go.
  mvwadd_wch(stdscr, row, column, &cell);
}

void ct_show(int cursor_row, int cursor_column) {
  if (cursor_row >= 0) {
    wmove(stdscr, cursor_row, cursor_column);
    curs_set(1);
  } else {
    curs_set(0);
  }
  wrefresh(stdscr);
}

void ct_redraw_row(int row) { wredrawln(stdscr, row, 1); }

void ct_invalidate(void) { clearok(curscr, TRUE); }
