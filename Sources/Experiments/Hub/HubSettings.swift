import Foundation
import Storage
import TensorFiles

/// Which hub is asked, and as whom, by the variables that the Hugging Face libraries read.
package struct HubSettings: Sendable {
  package var endpoint: URL
  /// Sent to the endpoint, and to nobody else.
  package var token: String?
  package var folders: HubFolders
  /// The variable that forbids asking, where one does.
  package var offline: String?
  /// Before the second try; it doubles with each.
  package var retryDelay = Duration.seconds(1)
  package var tries = 5
  /// How long nothing may come before a try is given up.
  package var idleLimit = Duration.seconds(30)

  package init(environment: [String: String] = ProcessInfo.processInfo.environment) throws {
    folders = HubFolders(environment: environment)
    let given = environment["HF_ENDPOINT"].flatMap { $0.isEmpty ? nil : $0 }
    var text = given ?? "https://huggingface.co"
    while text.hasSuffix("/") { text.removeLast() }
    guard let url = URL(string: text), ["http", "https"].contains(url.scheme), url.host() != nil
    else {
      throw HubError(
        "HF_ENDPOINT: expected https://HOST, found “\(TensorFileError.printable(text))”")
    }
    endpoint = url
    offline = ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"].first {
      HubFolders.isTrue(environment[$0])
    }
    token = try Self.token(environment, folders)
  }

  private static func token(
    _ environment: [String: String], _ folders: HubFolders
  ) throws -> String? {
    guard !HubFolders.isTrue(environment["HF_HUB_DISABLE_IMPLICIT_TOKEN"]) else { return nil }
    let variables = ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"]
    let named = variables.first { environment[$0].map { !$0.isEmpty } ?? false }
    let text: String
    if let named {
      text = environment[named] ?? ""
    } else {
      // No file is no token, and neither is one that is not for this user to read.
      guard let data = try? OrdinaryFile.data(folders.tokenFile, limit: 1 << 16) else { return nil }
      text = String(decoding: data, as: UTF8.self)
    }
    let token = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard !token.isEmpty else { return nil }
    guard token.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
      throw HubError(
        "\(named ?? folders.tokenFile.lastPathComponent): expected a token of letters and digits, found other characters"
      )
    }
    return token
  }
}

/// Why the hub, or what stands in for it, gave nothing.
package struct HubError: Error, Sendable, CustomStringConvertible {
  package var message: String
  /// HTTP's, where an answer came.
  package var status: Int?
  /// Whether trying again may help: the line was cut, or the server was busy.
  var isPassing = false
  /// How long the server asks to wait.
  var retryAfter: Duration?

  package init(_ message: String) { self.message = message }

  static func passing(_ message: String) -> HubError {
    var error = HubError(message)
    error.isPassing = true
    return error
  }

  package var description: String { message }
}
