import Foundation
import LanguageModel

extension FuzzTarget {
  /// Files of a folder in one input: a byte that is in no UTF-8 text stands between them.
  static let models: [FuzzTarget] = [
    FuzzTarget("tokenizer") { bytes, scratch in
      let folder = try scratch.folder("model")
      let names = [
        "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "config.json",
        "generation_config.json", "chat_template.jinja",
      ]
      for (name, part) in zip(names, split(bytes)) where !part.isEmpty || name == names[0] {
        try Data(part).write(to: folder.appending(path: name))
      }
      let tokenizer = try TokenizerLoader.fromTokenizerJSON(folder.appending(path: names[0]))
      encode(tokenizer)
      let template = try ChatTemplate(of: tokenizer, date: day)
      _ = tokenizer.encode(try template.render(conversation, system: .templateDefault))
    },
    FuzzTarget("template") { bytes, _ in
      let template = try ChatTemplate(
        String(decoding: bytes, as: UTF8.self), source: ChatTemplateSource(), date: day)
      _ = try? template.render(conversation, system: .templateDefault)
      _ = try template.render(conversation, system: .text("Be brief."), addGenerationPrompt: false)
    },
    // A model's settings, and an adapter's.
    FuzzTarget("configuration") { bytes, scratch in
      let parts = split(bytes)
      let folder = try scratch.folder("model")
      try Data(parts[0]).write(to: folder.appending(path: "config.json"))
      let header = Array("{}      ".utf8)
      let weights = [UInt8(header.count)] + [0, 0, 0, 0, 0, 0, 0] + header
      try Data(weights).write(to: folder.appending(path: "model.safetensors"))
      _ = try? ModelDescription(.hub(folder))
      guard parts.count > 1 else { return }
      try Data(parts[1]).write(to: folder.appending(path: "adapter_config.json"))
      try Data(weights).write(to: folder.appending(path: "adapter_model.safetensors"))
      _ = try LoRAAdapter(folder: folder)
    },
  ]

  private static let day = TemplateDate(year: 2026, month: 1, day: 31)
  private static let conversation = [
    ChatMessage(.user, "Where is the bank?"), ChatMessage(.assistant, "<|im_end|> By the river."),
    ChatMessage(.user, " Which one?\n"),
  ]
}
