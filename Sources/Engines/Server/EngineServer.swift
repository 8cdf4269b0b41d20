import Foundation
import LanguageModel
import Synchronization
import TensorFiles

/// Our own engine as a worker of the protocol.
package final class EngineServer {
  /// What is known of a model's files beside what is in them.
  package struct Identity: Sendable {
    package var modelHash: String?
    package var adapterHash: String?

    package init(modelHash: String? = nil, adapterHash: String? = nil) {
      (self.modelHash, self.adapterHash) = (modelHash, adapterHash)
    }
  }

  let channel: MessageChannel
  let version: String
  private let threads: Int
  private let identify: (ModelFiles, URL?) throws -> Identity
  var model: ServedModel?
  /// The text that is typed: its name, its hooks and what was computed of it.
  var typed: (name: String, hooks: [HookPoint], session: any TypingSession)?
  /// Values of a part reply, and of a run that gives one.
  static let valuesPerPart = 16 << 20

  /// - Parameters:
  ///   - version: of the program.
  ///   - identify: hashes of a model's files and of an adapter's, as records have them.
  package init(
    input: Int32, output: Int32, version: String, threads: Int,
    identify: @escaping (ModelFiles, URL?) throws -> Identity = { _, _ in Identity() }
  ) {
    channel = MessageChannel(input: input, output: output)
    (self.version, self.threads, self.identify) = (version, threads, identify)
  }

  struct Cancelled: Error {}

  /// What was asked cannot be had here.
  struct Refused: Error, CustomStringConvertible {
    var description: String
  }

  /// Answers until there is nothing more to answer.
  ///
  /// - Parameter onEnd: called, on another thread, when the input has ended: whatever is in work then is of no use to anybody.
  /// - Throws: for what is no message; the client was told.
  package func run(onEnd: @escaping @Sendable () -> Void) throws {
    channel.listen(onEnd: onEnd)
    let working = Mutex<Int?>(nil)
    let pulse = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "pulse"))
    pulse.schedule(deadline: .now() + 1, repeating: 1)
    pulse.setEventHandler { [channel] in
      guard channel.quiet > .seconds(3) else { return }
      working.withLock { id in
        guard let id else { return }
        var reply = WireReply("progress", id: id)
        reply.text = "working"
        try? channel.write(reply)
      }
    }
    pulse.resume()
    defer { pulse.cancel() }
    do {
      while let (request, message) = try channel.next() {
        working.withLock { $0 = request.id }
        let answer = answer(request, message)
        // Nothing may be said of a request after its last reply.
        working.withLock { $0 = nil }
        try channel.write(answer.reply, answer.tensors)
      }
    } catch let error as Message.Malformed {
      try? channel.write(Self.error(0, "failed", error.description))
      throw error
    }
  }

  private static func error(_ id: Int, _ kind: String, _ text: String) -> WireReply {
    var reply = WireReply("error", id: id)
    (reply.kind, reply.text) = (kind, EngineText.line(text))
    return reply
  }

  typealias Answer = (reply: WireReply, tensors: [NamedTensor])

  private func answer(_ request: WireRequest, _ message: Message) -> Answer {
    do {
      if channel.isCancelled(request.id) { throw Cancelled() }
      return try dispatch(request, message)
    } catch is Cancelled {
      return (WireReply("cancelled", id: request.id), [])
    } catch let error as Refused {
      return (Self.error(request.id, "refused", error.description), [])
    } catch let error as Message.Malformed {
      return (Self.error(request.id, "refused", error.description), [])
    } catch let error as ModelError {
      let kind = error.code == .notEnoughMemory ? "memory" : "refused"
      return (Self.error(request.id, kind, error.message), [])
    } catch {
      return (Self.error(request.id, "failed", "\(error)"), [])
    }
  }

  private func dispatch(_ request: WireRequest, _ message: Message) throws -> Answer {
    let done = WireReply("done", id: request.id)
    switch request.ask {
    case "hello":
      guard request.protocols?.contains(WireText.version) ?? false else {
        throw Refused(description: "expected a client that speaks version \(WireText.version)")
      }
      var reply = done
      reply.version = WireText.version
      reply.engine = "exemplar \(version)"
      reply.libraries = [:]
      return (reply, [])
    case "load": return (try load(request), [])
    case "tokenizer": return try tokenizer(request)
    case "tokenize": return try tokenize(request)
    case "decode": return try decode(request, message)
    case "render": return try render(request)
    case "read":
      try read(request, message)
      return (done, [])
    case "continue":
      try proceed(request, message)
      return (done, [])
    case "follow": return try follow(request, message)
    case "lens": return try lens(request, message)
    case "gradient":
      throw Refused(description: "this engine computes no gradients; one on torch does")
    default:
      throw Refused(
        description:
          "\(EngineText.line(request.ask, atMost: 40)) is not known here: expected hello, load, "
          + "tokenizer, tokenize, decode, render, read, continue, follow, lens or cancel")
    }
  }

  func loaded() throws -> ServedModel {
    guard let model else { throw Refused(description: "no model is loaded: expected load first") }
    return model
  }

  /// - Throws: `Cancelled` once nobody waits any more.
  func check(_ request: WireRequest) throws {
    if channel.isCancelled(request.id) { throw Cancelled() }
  }

  private func load(_ request: WireRequest) throws -> WireReply {
    guard let name = request.model else { throw Refused(description: "expected a model's name") }
    for (what, asked, own) in [
      ("device", request.device, "cpu"), ("deviceMap", request.deviceMap, "cpu"),
      ("dtype", request.dtype, "float32"),
    ] {
      guard let asked, asked != own, asked != "auto" else { continue }
      throw Refused(
        description: "\(what) \(EngineText.line(asked, atMost: 40)): this engine has \(own) alone")
    }
    guard request.revision == nil else {
      throw Refused(description: "a revision: this engine takes the model that the name stands for")
    }
    (model, typed) = (nil, nil)
    let files = try ModelFiles.find(name)
    let description = try ModelDescription(
      files, rotaryPrecision: try RotaryEmbedding.Precision(recorded: request.rotaryPrecision))
    func tell(_ text: String) throws {
      try check(request)
      var reply = WireReply("progress", id: request.id)
      reply.text = text
      try channel.write(reply)
    }
    try tell(
      "\(description.parameterCount) parameters, "
        + "\(MemoryBudget.describe(description.requiredByteCount)) of memory")
    let adapter = request.adapter.map { URL(filePath: $0) }
    let transformer = try Transformer(
      description, adapter: try adapter.map { try LoRAAdapter(folder: $0) }, threads: threads)
    try tell("the hash of its weights")
    let identity = try identify(files, adapter)
    let loaded = ServedModel(files: files, transformer: transformer)
    model = loaded
    return loaded.reply(
      WireReply("done", id: request.id), identity, adapter: adapter?.lastPathComponent,
      version: version)
  }
}
