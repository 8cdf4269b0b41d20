/// Spellings that have the same meaning in every vocabulary that has them.
enum SpecialSpellings {
  /// Ends a turn of a chat, most telling first.
  static let endOfTurn = ["<|im_end|>", "<|eot_id|>", "<end_of_turn>", "<|end|>"]

  /// Ends a text or a message: generation stops after any of them.
  static let stops =
    endOfTurn + [
      "<|eom_id|>", "<|endoftext|>", "<|end_of_text|>", "</s>", "<EOT>", "_<EOT>", "[EOT]",
      "<end_of_utterance>", "<|return|>", "<|call|>", "<|calls|>", "<|flush|>", "[EOS]", "[e~[",
      "<｜end▁of▁sentence｜>", "<eos>",
    ]

  /// Found in every text, whether or not special tokens are looked for (llama.cpp).
  static let always = ["<|channel|>", "<|message|>", "<|start|>", "<|constrain|>"]

  /// Whether a vocabulary has other tokens for the end of an answer, so that `<|end|>` ends but a
  /// part of it.
  static func endsParts(_ has: (String) -> Bool) -> Bool {
    (has("<|return|>") || has("<|flush|>")) && (has("<|call|>") || has("<|calls|>"))
  }

  /// Ends a sequence, for files that do not say which token does.
  static let endOfSequence = ["</s>", "<eos>", "<|end_of_text|>", "<|endoftext|>", "<|eot_id|>"]

  /// Begins a sequence, for files that do not say.
  static let beginningOfSequence = ["<s>", "<bos>", "<|begin_of_text|>"]

  /// The metadata key of each fill-in-the-middle token, and what to look for without one.
  static let fillInTheMiddle: [(key: String, spellings: [String])] = [
    (
      "fim_pre_token_id",
      [
        "<|fim_prefix|>", "<fim-prefix>", "<fim_prefix>", "<｜fim▁begin｜>", "<PRE>", "▁<PRE>",
        "<|code_prefix|>", "<|prefix|>",
      ]
    ),
    (
      "fim_suf_token_id",
      [
        "<|fim_suffix|>", "<fim-suffix>", "<fim_suffix>", "<｜fim▁hole｜>", "<SUF>", "▁<SUF>",
        "<|code_suffix|>", "<|suffix|>",
      ]
    ),
    (
      "fim_mid_token_id",
      [
        "<|fim_middle|>", "<fim-middle>", "<fim_middle>", "<｜fim▁end｜>", "<MID>", "▁<MID>",
        "<|code_middle|>", "<|middle|>",
      ]
    ),
    ("fim_pad_token_id", ["<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]"]),
    (
      "fim_rep_token_id",
      ["<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>"]
    ),
    ("fim_sep_token_id", ["<|file_sep|>"]),
  ]
}
