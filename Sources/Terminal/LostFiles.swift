import CNCurses

/// Files that are mapped while another program cuts them short: their bytes are gone, and touching them is a signal.
package enum LostFiles {
  /// From here on the process ends with a sentence that names the file, and status 1; the terminal is given back first.
  package static func watch() { ct_guard_watch_files() }
}
