import Foundation
import Storage
import TensorFiles

/// How far a build is that a model reads for, as it last said beside its checkpoint: for whoever looks on.
package struct BuildStatus: Codable, Sendable, Equatable {
  package var stage: DictionaryBuildProgress.Stage
  /// Activations of this stage.
  package var activations: Int
  package var regions: Int
  /// Regions founded an activation, over the last batches.
  package var newRegionRate: Double?
  /// Tokens that the model reads a second, since the command began.
  package var tokensPerSecond: Double?
  package var secondsLeft: Double?
  package var model: String?
  package var hook: String?
  package var percentile: Double?
  /// What goes on with it where it is interrupted, and the folder that it was given in.
  package var command: String
  package var folder: String

  /// - Parameters:
  ///   - provenance: of the dictionary that is to be.
  ///   - spent: seconds since the command began.
  package init(
    _ progress: DictionaryBuildProgress, of provenance: DictionaryProvenance, percentile: Double?,
    spent: Double, command: String, folder: String
  ) {
    (stage, activations) = (progress.stage, progress.activations)
    (regions, newRegionRate) = (progress.regions, progress.newRegionRate)
    (model, hook) = (provenance.model, provenance.hook)
    (self.percentile, self.command, self.folder) = (percentile, command, folder)
    guard let read = progress.reading?.tokensRead, read > 0, spent > 0 else { return }
    let speed = Double(read) / spent
    tokensPerSecond = speed
    secondsLeft = progress.tokensLeft.map { Double($0) / speed }
  }

  /// The command, wherever it is given.
  package var resuming: String { "cd \(shellQuoted(folder)) && \(command)" }

  /// In a line.
  package var words: String {
    var words = [
      "\(stage.rawValue): \(quantity(activations, "activation"))", quantity(regions, "region"),
    ]
    if let newRegionRate { words.append("\(formatted(100 * newRegionRate)) % new") }
    if let tokensPerSecond { words.append("\(Int(tokensPerSecond)) tokens/s") }
    if let secondsLeft { words.append("about \(shortDuration(secondsLeft)) left") }
    return words.joined(separator: ", ")
  }
}

extension BuildStatus {
  /// A build that is going on or was interrupted.
  package struct Found: Sendable, Equatable {
    package var status: BuildStatus
    /// Whether a process holds its checkpoint.
    package var isRunning: Bool
    /// Whether there is something to go on from.
    package var isKept: Bool
  }

  /// Of the folder's name, behind the dictionary's.
  package static let suffix = ".checkpoint"
  static let file = "status.json"
  /// No status is larger.
  private static let mostBytes = 1 << 16

  /// Whether a folder is called as a build's checkpoint is.
  package static func isPlace(_ folder: URL) -> Bool {
    folder.lastPathComponent.hasSuffix(suffix)
  }

  /// - Parameter folder: beside the dictionary, `NAME.epdict.checkpoint`.
  /// - Returns: `nil` where none is kept there, as in folders of others that are called alike.
  /// - Throws: `StorageError.damaged` beside what a build kept.
  package static func read(_ folder: URL) throws -> Found? {
    let descriptor = open(folder.path(percentEncoded: false), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    let isRunning = flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
    let isKept = BuildCheckpoint.isKept(in: folder)
    guard
      let data = try? OrdinaryFile.data(folder.appending(path: file), limit: mostBytes),
      let status = try? JSONDecoder().decode(BuildStatus.self, from: data), status.isPossible
    else {
      guard isKept else { return nil }
      throw StorageError(
        .damaged, "expected how far a build is", file: "\(folder.lastPathComponent)/\(file)")
    }
    return Found(status: status, isRunning: isRunning, isKept: isKept)
  }

  /// Numbers as a build has them; others would be shown, or trap where they are rounded.
  private var isPossible: Bool {
    let figures = [newRegionRate, tokensPerSecond, secondsLeft, percentile].compactMap(\.self)
    return [activations, regions].allSatisfy { (0...1_000_000_000_000).contains($0) }
      && figures.allSatisfy { (0...1e15).contains($0) }
  }
}
