import Engines
import Foundation
import Storage
import TensorFiles

/// An engine as it is started: its command line, and how the user calls it.
package struct EngineChoice: Equatable, Sendable {
  package var name: String
  package var command: String
  /// Seconds without a word after which it is taken for hung.
  package var silence: Double

  package init(name: String, command: String, silence: Double = WorkerEngine.silence) {
    (self.name, self.command, self.silence) = (name, command, silence)
  }

  /// Why an engine cannot be started.
  package struct Unknown: Error, CustomStringConvertible {
    package var description: String
  }

  /// What a person named: a name of the settings, or else a command line.
  ///
  /// - Throws: `Unknown` for one word that is neither.
  package init(
    _ named: String, in configuration: Configuration, timeout: Double? = nil,
    path: String? = ProcessInfo.processInfo.environment["PATH"]
  ) throws {
    let silence =
      timeout ?? configuration.engineTimeout.map(Double.init) ?? WorkerEngine.silence
    if let command = configuration.engines[named] {
      self.init(name: named, command: command, silence: silence)
      return
    }
    let isOneWord = !named.contains { $0.isWhitespace || $0 == "/" }
    let isProgram = (path ?? "").split(separator: ":").contains {
      FileManager.default.isExecutableFile(atPath: "\($0)/\(named)")
    }
    guard !named.isEmpty, !isOneWord || isProgram else {
      let names = configuration.engines.keys.sorted().map { EngineText.line($0, atMost: 40) }
      throw Unknown(
        description:
          "engine \(EngineText.line(named, atMost: 60)): expected a command line, or a name of [engines] in config.toml ("
          + (names.isEmpty ? "which has none" : names.joined(separator: ", ")) + ")")
    }
    self.init(name: named, command: named, silence: silence)
  }
}

extension Configuration {
  /// What `config.toml` of a folder says; nothing where there is none.
  ///
  /// - Throws: `EngineChoice.Unknown` with the first mistake in it.
  package init(folder: URL?) throws {
    self.init()
    guard let url = folder?.appending(path: "config.toml"),
      FileManager.default.fileExists(atPath: url.path(percentEncoded: false))
    else { return }
    let data = try OrdinaryFile.data(url, limit: 1 << 20)
    let (found, problems) = Self.reading(String(decoding: data, as: UTF8.self), file: "config.toml")
    guard let found else {
      throw EngineChoice.Unknown(description: problems.first.map { "\($0)" } ?? "config.toml")
    }
    self = found
  }
}
