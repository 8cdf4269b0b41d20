// What Swift cannot import of ncurses (macros, globals, variadics), and the part of restoring the
// terminal that must run inside a signal handler.
#ifndef CNCURSES_H
#define CNCURSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <termios.h>
#include <wchar.h>

// MARK: Screen

/// The numbers of `Attributes` in Swift.
enum {
  CT_BOLD = 1 << 0,
  CT_DIM = 1 << 1,
  CT_ITALIC = 1 << 2,
  CT_UNDERLINE = 1 << 3,
  CT_REVERSE = 1 << 4,
};

/// The `colors` of a terminfo entry, -1 if it has none; -2 if there is no such entry.
int ct_terminfo_colors(const char *term, int fd);

/// Sets up curses for a terminal: raw input without echo, keypad mode, default colours. Returns NULL, or
/// what went wrong. Unlike `initscr` it never ends the process.
const char *ct_open(const char *term, int input, int output);

/// Leaves curses; the terminal is in line mode again. `ct_reopen` continues.
void ct_leave(void);
void ct_reopen(void);
void ct_close(void);

/// A string capability of the entry in use, NULL if it has none.
const char *ct_capability(const char *name);

/// The largest terminal that is drawn on; one that claims more is used as if it were this.
enum { CT_MOST_ROWS = 1000, CT_MOST_COLUMNS = 2000 };

/// Asks the terminal for its size. False if it does not know.
bool ct_window_size(int fd, int *height, int *width);

/// Tells curses the terminal's size. False if it could not follow.
bool ct_resize(int height, int width);
int ct_rows(void);
int ct_columns(void);

/// Colour pairs there may be, number 0 included.
int ct_pair_limit(void);
bool ct_set_pair(int pair, int foreground, int background);

/// Columns of a character as curses counts them; -1 if it does not know.
int ct_glyph_width(wchar_t character);

/// Puts one glyph of at most `CCHARW_MAX` wide characters, NUL-terminated. `attributes` are `CT_…`.
void ct_put(int row, int column, const wchar_t *glyph, unsigned attributes, int pair);

/// Shows what was put. A negative row hides the cursor.
void ct_show(int cursor_row, int cursor_column);

/// Makes the next `ct_show` draw the whole row.
void ct_redraw_row(int row);

/// Makes the next `ct_show` draw everything.
void ct_invalidate(void);

// MARK: Restoring the terminal

/// What a signal that ends the process does to the terminal first. Strings and paths are copied.
struct ct_guard_options {
  int terminal;                // where `restore` is written
  const char *restore;         // bytes that leave every mode we set
  const struct termios *modes; // as they were before us
  int saved_output, saved_error; // the streams' real files, given back; -1 for none
  const char *log_path;        // named in the message; NULL for none
  int wake;                    // write end of the pipe that is told about signals that do not end us
};

/// Bytes written to the wake pipe.
enum {
  CT_WAKE = 'w',
  CT_RESIZED = 'r',
  CT_STOP = 'z',
  CT_CONTINUED = 'c',
  CT_INTERRUPT = 'i',
};

/// Notes who has the signals. To be called before `ct_open`, which installs handlers of its own.
void ct_guard_remember(void);

/// Takes over the signals. To be called after `ct_open`.
/// Returns false, and changes nothing, if the strings do not fit.
bool ct_guard_arm(const struct ct_guard_options *options);

/// Gives the signals back to whom they belonged.
void ct_guard_disarm(void);

/// Says that `CT_INTERRUPT` was read. A second SIGINT before that ends the process.
void ct_guard_interrupt_seen(void);

/// From here on a mapped file whose bytes are gone ends the process with a sentence that names it, and status 1.
void ct_guard_watch_files(void);

/// Stops the process group as Ctrl-Z does, and returns when it continues.
void ct_guard_stop(void);

#endif
