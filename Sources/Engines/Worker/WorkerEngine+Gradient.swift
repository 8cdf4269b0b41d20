import LanguageModel
import TensorFiles

extension WorkerEngine {
  package func requireGradients() throws {
    guard loaded.can.contains("gradient") else {
      throw EngineError(
        .refused,
        "computes no gradients with this model: what it can is "
          + (loaded.can.isEmpty
            ? "not said"
            : loaded.can.sorted().map { EngineText.line($0, atMost: 20) }.joined(separator: ", ")),
        engine: name)
    }
  }

  package func gradient(_ asked: EngineGradient) throws -> EngineGradient.Answer {
    try requireGradients()
    try validate([asked.ids])
    try description.validate(asked.hook)
    var request = WireRequest("gradient")
    request.hook = asked.hook.name
    var tensors: [NamedTensor] = [("ids", Message.integers(asked.ids))]
    /// What the number cannot lie beyond, and what is rounding.
    var bound = Double.infinity
    switch asked.target {
    case .logit(let token):
      guard (0..<description.vocabularySize).contains(token) else {
        throw ModelError(
          .invalidPrompt,
          "expected a token of 0…\(description.vocabularySize - 1), found \(token)")
      }
      request.target = WireTarget(kind: "logit", token: token)
    case .cosine(let hook, let position, let centre, let direction):
      try description.validate(hook)
      guard !(hook < asked.hook) else {
        throw ModelError(
          .unknownHook, "\(hook.name) lies before \(asked.hook.name), whose rows it cannot follow")
      }
      guard (-asked.ids.count..<asked.ids.count).contains(position) else {
        throw ModelError(
          .invalidPrompt,
          "expected a position of 0…\(asked.ids.count - 1), found \(position)")
      }
      let width = description.width(at: hook)
      precondition(
        centre.count == width && direction.count == width,
        "expected \(width) components, got \(centre.count) and \(direction.count)")
      request.target = WireTarget(kind: "cosine", targetHook: hook.name, position: position)
      tensors.append(("centre", SafetensorsTensor(centre, shape: [width])))
      tensors.append(("direction", SafetensorsTensor(direction, shape: [width])))
      bound = 1 + 1e-3
    }
    let (reply, message) = try connection.ask(request, tensors, onPart: Self.passOverProgress)
    let shape = [asked.ids.count, description.width(at: asked.hook)]
    return try checked {
      guard let value = reply.value, abs(value) <= bound else {
        throw WorkerConnection.WrongAnswer(
          description:
            "expected a value\(bound.isFinite ? " of −1…1" : ""), found "
            + (reply.value.map { "\($0)" } ?? "none"))
      }
      if let other = message.tensorNames.first(where: { !["gradient", "rows"].contains($0) }) {
        throw WorkerConnection.WrongAnswer(
          description: "a tensor \(EngineText.line(other, atMost: 60)) that nobody asked for")
      }
      let answer = EngineGradient.Answer(
        value: value, gradient: try message.floats("gradient", shape: shape),
        rows: try message.floats("rows", shape: shape))
      guard answer.gradient.allSatisfy(\.isFinite), answer.rows.allSatisfy(\.isFinite) else {
        throw WorkerConnection.WrongAnswer(
          description: "a gradient at \(asked.hook.name) that is not finite")
      }
      return answer
    }
  }
}
