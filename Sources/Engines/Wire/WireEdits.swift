import LanguageModel
import TensorFiles

typealias NamedTensor = (name: String, tensor: SafetensorsTensor)

/// Edits as messages have them: what they are in the text, their vectors beside it.
enum WireEdits {
  static func encoded(_ edits: [Edit]) -> (edits: [WireEdit], tensors: [NamedTensor]) {
    var (wire, tensors) = ([WireEdit](), [NamedTensor]())
    for (index, edit) in edits.enumerated() {
      func add(_ name: String, _ values: [Float], shape: [Int]) -> String {
        let name = "edit.\(index).\(name)"
        tensors.append((name, SafetensorsTensor(values, shape: shape)))
        return name
      }
      var sent = WireEdit(kind: "", hook: edit.hook.name)
      switch edit.operation {
      case .ablate(let centre, let basis, let strength):
        sent.kind = "ablate"
        sent.strength = strength
        sent.centre = add("centre", centre, shape: [centre.count])
        sent.basis = add(
          "basis", basis, shape: [basis.count / max(1, centre.count), centre.count])
      case .steer(let direction, let alpha):
        sent.kind = "steer"
        sent.alpha = alpha
        sent.direction = add("direction", direction, shape: [direction.count])
      case .replace(let rows):
        guard case .only(let positions) = edit.positions, !positions.isEmpty else { continue }
        sent.kind = "replace"
        let width = rows.count / positions.count
        // Of a position that is named twice the first counts; a message names each once.
        let kept = positions.indices.filter { !positions[..<$0].contains(positions[$0]) }
        sent.positions = kept.map { positions[$0] }
        sent.rows = add(
          "rows", kept.flatMap { rows[$0 * width..<($0 + 1) * width] }, shape: [kept.count, width])
      }
      if case .only(let positions) = edit.positions, sent.positions == nil {
        sent.positions = positions
      }
      sent.sequences = edit.prompts.map { $0.sorted() }
      wire.append(sent)
    }
    return (wire, tensors)
  }

  /// What such an edit needs of a worker.
  static func ability(_ edit: Edit) -> String {
    switch edit.operation {
    case .ablate: "ablate"
    case .steer: "steer"
    case .replace: "replace"
    }
  }

  /// - Throws: `Message.Malformed`, `ModelError.unknownHook`.
  static func decoded(
    _ edits: [WireEdit], _ message: Message, _ model: EngineDescription
  ) throws -> [Edit] {
    try edits.map { edit in
      let hook = try HookPoint(edit.hook)
      try model.validate(hook)
      let width = model.width(at: hook)
      let operation: Edit.Operation
      switch (edit.kind, edit.centre, edit.basis, edit.direction) {
      case ("ablate", let centre?, let basis?, nil):
        guard let rows = message.rowCount(basis) else {
          throw Message.Malformed("an ablation: expected the basis as a matrix")
        }
        operation = .ablate(
          centre: try message.floats(centre, shape: [width]),
          basis: try message.floats(basis, shape: [rows, width]), strength: edit.strength ?? 1)
      case ("steer", nil, nil, let direction?):
        guard let alpha = edit.alpha else {
          throw Message.Malformed("a steering: expected alpha, found none")
        }
        operation = .steer(
          direction: try message.floats(direction, shape: [width]), alpha: alpha)
      case ("replace", nil, nil, nil):
        guard let rows = edit.rows, let positions = edit.positions,
          Set(positions).count == positions.count
        else {
          throw Message.Malformed("a replacing: expected rows and positions, each once")
        }
        operation = .replace(
          rows: try message.floats(rows, shape: [positions.count, width]))
      default:
        throw Message.Malformed(
          "expected an edit of kind ablate, steer or replace with its tensors, found "
            + EngineText.line(edit.kind, atMost: 40))
      }
      return Edit(
        at: hook, operation, positions: edit.positions.map { .only($0) } ?? .all,
        prompts: edit.sequences.map { Set($0) })
    }
  }
}
