import Foundation

/// Where the Hugging Face libraries keep what they fetch, by the variables that they read.
package struct HubFolders: Sendable, Equatable {
  /// `HF_HOME`.
  package let home: URL
  /// `HF_HUB_CACHE`: a folder a repository, as `models--OWNER--NAME` and `datasets--OWNER--NAME`.
  package let cache: URL
  /// `HF_TOKEN_PATH`: what signing in left.
  package let tokenFile: URL

  package init(environment: [String: String] = ProcessInfo.processInfo.environment) {
    func folder(_ variable: String) -> URL? {
      guard let path = environment[variable], !path.isEmpty else { return nil }
      return URL(filePath: Self.expanded(path, environment))
    }
    let userHome =
      environment["HOME"].flatMap { $0.isEmpty ? nil : URL(filePath: $0) }
      ?? FileManager.default.homeDirectoryForCurrentUser
    let caches = folder("XDG_CACHE_HOME") ?? userHome.appending(path: ".cache")
    home = folder("HF_HOME") ?? caches.appending(path: "huggingface")
    cache =
      folder("HF_HUB_CACHE") ?? folder("HUGGINGFACE_HUB_CACHE") ?? home.appending(path: "hub")
    tokenFile = folder("HF_TOKEN_PATH") ?? home.appending(path: "token")
  }

  /// `~`, `$NAME` and `${NAME}` as Python's `os.path` expands them; a name that is not set stays as it is.
  static func expanded(_ path: String, _ environment: [String: String]) -> String {
    var path = path
    if path == "~" || path.hasPrefix("~/"), let home = environment["HOME"], !home.isEmpty {
      path = home + path.dropFirst()
    }
    return path.replacing(/\$(?:(\w+)|\{([^}]*)\})/.asciiOnlyWordCharacters()) { match in
      let name = match.output.1 ?? match.output.2 ?? ""
      return environment[String(name)] ?? String(match.output.0)
    }
  }

  /// Whether a variable is set to what the Hugging Face libraries take for yes.
  package static func isTrue(_ value: String?) -> Bool {
    ["1", "ON", "YES", "TRUE"].contains(value?.uppercased() ?? "")
  }
}
