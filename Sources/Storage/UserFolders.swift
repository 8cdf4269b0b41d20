import Foundation

/// Where a user's files live, by the XDG Base Directory Specification.
package enum UserFolders {
  /// `$XDG_DATA_HOME/exemplar`, by default `~/.local/share/exemplar`.
  package static func data(
    _ environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws -> URL {
    try folder("XDG_DATA_HOME", ".local/share", environment)
  }

  /// `$XDG_CACHE_HOME/exemplar`, by default `~/.cache/exemplar`.
  package static func cache(
    _ environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws -> URL {
    try folder("XDG_CACHE_HOME", ".cache", environment)
  }

  /// `$XDG_CONFIG_HOME/exemplar`, by default `~/.config/exemplar`.
  package static func config(
    _ environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws -> URL {
    try folder("XDG_CONFIG_HOME", ".config", environment)
  }

  /// `$XDG_STATE_HOME/exemplar`, by default `~/.local/state/exemplar`.
  package static func state(
    _ environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws -> URL {
    try folder("XDG_STATE_HOME", ".local/state", environment)
  }

  /// `path` with a leading `~` or `~/` as `$HOME`, as a shell reads it; other users' homes are not looked up.
  package static func expandingHome(
    _ path: String, _ environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> String {
    guard path == "~" || path.hasPrefix("~/"), let home = environment["HOME"], !home.isEmpty else {
      return path
    }
    return home + path.dropFirst()
  }

  private static func folder(
    _ variable: String, _ fallback: String, _ environment: [String: String]
  ) throws -> URL {
    // The specification has relative paths passed over.
    if let path = environment[variable], path.hasPrefix("/") {
      return URL(filePath: path, directoryHint: .isDirectory).appending(path: "exemplar")
    }
    guard let home = environment["HOME"], home.hasPrefix("/") else {
      throw StorageError(.missing, "neither \(variable) nor HOME is set to a folder")
    }
    return URL(filePath: home, directoryHint: .isDirectory)
      .appending(path: fallback).appending(path: "exemplar")
  }
}
