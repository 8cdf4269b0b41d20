import Foundation
import LanguageModel
import TensorFiles

/// A model in a process of its own, here or elsewhere, that speaks the engine protocol.
///
/// Everything that it says is checked against what was asked and what it said of its model.
package final class WorkerEngine: Engine {
  /// How the user calls it: a command line, or a name of the settings.
  package let name: String
  package let loaded: LoadedDescription
  /// The tokenizer's files, in a folder called as the model; they go with this value.
  package let files: ModelFiles
  package let tokenizer: Tokenizer
  package var description: EngineDescription { loaded.model }
  package let threads: Int
  let connection: WorkerConnection
  private let folder: TokenizerFolder

  /// Seconds without a word after which a worker is taken for hung.
  package static let silence = 60.0
  /// Bytes of rows or ids that go into one request.
  static let requestBytes = 64 << 20

  /// Starts a worker and has it load a model.
  ///
  /// - Parameters:
  ///   - command: run by `/bin/sh -c`.
  ///   - name: how the user calls it.
  ///   - client: name and version of this program.
  ///   - silence: seconds without a word after which it is taken for hung.
  ///   - check: asked many times a second; to stop, throw.
  ///   - progress: what is being done, a line.
  /// - Throws: `EngineError`, and `TokenizerError` under its name where its tokenizer is not read here or reads otherwise.
  package init(
    command: String, name: String? = nil, model: WorkerModel, client: String,
    silence: Double = WorkerEngine.silence,
    threads: Int = ProcessInfo.processInfo.activeProcessorCount,
    check: @escaping () throws -> Void = {}, progress: (String) -> Void = { _ in }
  ) throws {
    self.name = name ?? command
    self.threads = threads
    progress("starting \(EngineText.line(self.name, atMost: 60))")
    connection = try WorkerConnection(command, name: self.name, silence: silence)
    let title = EngineText.line(model.model, atMost: 60)
    func tell(_ reply: WireReply, _: Message) {
      guard reply.reply == "progress" else { return }
      let share = reply.total.map { " \(max(0, reply.done ?? 0)) of \(max(0, $0))" } ?? ""
      let told = reply.text.map { EngineText.line($0, atMost: 100) }
      let text = told.flatMap { $0 == "loading \(title)" ? nil : ": \($0)" } ?? ""
      progress("loading \(title)\(share)\(text)")
    }
    do {
      var hello = WireRequest("hello")
      hello.protocols = [WireText.version]
      hello.client = client
      let greeting = try connection.ask(hello, check: check, onPart: tell).reply
      guard greeting.version == WireText.version else {
        throw EngineError(
          .protocolBroken,
          "speaks version \(greeting.version.map(String.init) ?? "unknown") of the protocol, expected "
            + "\(WireText.version)", engine: self.name)
      }
      progress("loading \(title)")
      var load = WireRequest("load")
      load.model = model.model
      load.adapter = model.adapter
      load.rotaryPrecision = model.rotaryPrecision
      let reply = try connection.ask(load, check: check, onPart: tell).reply
      var loaded = try LoadedDescription(reply, asked: model)
      // This very program, wherever it runs: its numbers are those that it has without a process between.
      if loaded.model.engine == EngineDescription.served(by: client) {
        loaded.model.engine = EngineDescription.own
      }
      self.loaded = loaded
      let (said, message) = try connection.ask(WireRequest("tokenizer"), check: check, onPart: tell)
      folder = try TokenizerFolder(message, model: loaded.name)
      files = folder.files
      tokenizer = try folder.tokenizer(said, vocabulary: loaded.model.vocabularySize)
    } catch let error as WorkerConnection.WrongAnswer {
      connection.end()
      throw EngineError(.protocolBroken, error.description, engine: self.name)
    } catch let error as TokenizerFolder.Unread {
      connection.end()
      throw EngineError(.refused, error.description, engine: self.name)
    } catch {
      connection.end()
      throw error
    }
  }

  /// Whether it can still be asked; one that ended or broke the protocol cannot.
  package var isUsable: Bool { connection.isUsable }
  /// The group of its processes.
  package var processGroup: pid_t { connection.group }

  /// Ends it; what is asked of it after that is an error.
  package func end() { connection.end() }

  func require(_ ability: String, _ what: String) throws {
    guard loaded.can.contains(ability) else {
      throw EngineError(.refused, "cannot \(what) with this model", engine: name)
    }
  }

  /// The edits as they are sent, checked against the model.
  func wire(_ edits: [Edit]) throws -> (edits: [WireEdit]?, tensors: [NamedTensor]) {
    for edit in edits {
      try description.validate(edit.hook)
      try edit.check(width: description.width(at: edit.hook))
      try require(WireEdits.ability(edit), WireEdits.ability(edit))
    }
    let (wire, tensors) = WireEdits.encoded(edits)
    return (wire.isEmpty ? nil : wire, tensors)
  }

  // MARK: - Lens

  package func lens(_ rows: [Float], count: Int) throws -> [Float] {
    try require("lens", "take rows through the unembedding")
    let (width, vocabulary) = (description.hiddenSize, description.vocabularySize)
    precondition(
      rows.count == count * width, "expected \(count)×\(width) components, got \(rows.count)")
    let perRequest = max(1, Self.requestBytes / 4 / vocabulary)
    var logits: [Float] = []
    for first in stride(from: 0, to: count, by: perRequest) {
      let end = min(first + perRequest, count)
      let tensor = SafetensorsTensor(
        Array(rows[first * width..<end * width]), shape: [end - first, width])
      let message = try connection.ask(
        WireRequest("lens"), [("rows", tensor)], onPart: Self.passOverProgress
      ).message
      logits += try checked { try message.floats("logits", shape: [end - first, vocabulary]) }
    }
    return logits
  }

  /// A part reply where only progress is expected.
  static func passOverProgress(_ reply: WireReply, _: Message) throws {
    guard reply.reply == "progress" else {
      throw WorkerConnection.WrongAnswer(
        description: "a reply “\(EngineText.line(reply.reply, atMost: 40))” that nobody asked for")
    }
  }

  /// What is wrong with a last reply is wrong with the worker.
  func checked<Value>(_ body: () throws -> Value) throws -> Value {
    let reason: String
    do {
      return try body()
    } catch let error as Message.Malformed {
      reason = error.description
    } catch let error as TensorFileError {
      reason = EngineText.line(error.description)
    } catch let error as WorkerConnection.WrongAnswer {
      reason = error.description
    }
    throw connection.abandon(for: reason)
  }
}

extension WorkerEngine: Equatable {
  /// Whether they are one process.
  package static func == (left: WorkerEngine, right: WorkerEngine) -> Bool { left === right }
}
