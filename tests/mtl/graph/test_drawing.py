# ruff: noqa: E501  # drawings stand in one piece
from __future__ import annotations

from mtl.graph import drawing
from tests.mtl.recipe.texts import ALTERNATING, INTENT_SLOT, RANKING, changed, graph

TEXT = """\
intent slots
  ■══════■    utterances.text  input unicode_words, lowercase
  ■══════■    words.word       embedding word                  <- utterances.text (word_ids)
  ■══════■    words.char       embedding char_cnn              <- utterances.text (character_ids)
  ■══════■    words            embedding concat                <- words.word + words.char
  ■══════■    encoder          representation bilstm           <- words
  ■      □    intent.pooling   pooling self_attention          <- encoder
  ■      □    intent.decoder   decoder mlp                     <- intent.pooling
  ■      □    intent.output    output softmax                  <- intent.decoder
         ■    slots.decoder    decoder mlp                     <- encoder if intent.output
         ■    slots.output     output crf                      <- slots.decoder

9 components, 4 of them tied
■ module of the task, ■═■ tied: one module, □ needed through a condition
"""

MERMAID = """\
flowchart TB
  n0(["utterances.text<br/>input unicode_words, lowercase"]):::input
  n1["words.word<br/>embedding word<br/>intent.embedding.word = slots.embedding.word"]:::tied
  n2["words.char<br/>embedding char_cnn<br/>intent.embedding.char = slots.embedding.char"]:::tied
  n3["words<br/>embedding concat<br/>intent.embedding = slots.embedding"]:::tied
  n4["encoder<br/>representation bilstm<br/>intent.representation = slots.representation"]:::tied
  n5["intent.pooling<br/>pooling self_attention"]
  n6[/"intent.decoder<br/>decoder mlp"\\]
  n7[["intent.output<br/>output softmax"]]:::output
  n8[/"slots.decoder<br/>decoder mlp"\\]
  n9[["slots.output<br/>output crf"]]:::output
  n0 --> n1
  n0 --> n2
  n1 --> n3
  n2 --> n3
  n3 --> n4
  n4 --> n5
  n5 --> n6
  n6 --> n7
  n4 --> n8
  n7 -.->|condition| n8
  n8 --> n9
  classDef tied fill:#fde68a,stroke:#b45309,stroke-width:3px,color:#000
  classDef input fill:#e0f2fe,stroke:#0369a1,color:#000
  classDef output fill:#dcfce7,stroke:#15803d,color:#000
"""


def test_text() -> None:
    assert drawing.text(graph(INTENT_SLOT)) == TEXT


def test_mermaid() -> None:
    assert drawing.mermaid(graph(INTENT_SLOT)) == MERMAID


SKIPPED = """\
slots topic chunks
  ■                 snips.text            input whitespace
        ■           snips.text            input unicode_words
              ■     conll.words           input whitespace
  ■═══════════■     words                 embedding word         <- snips.text + conll.words (word_ids)
  ■                 slots.representation  representation bilstm  <- words
"""


def test_a_line_of_ties_passes_a_task_that_is_not_tied() -> None:
    middle = "  topic: {type: text_classification, source: snips, inputs: {text: text}, target: topic}\n  chunks:\n"
    text = changed(
        ALTERNATING,
        ("  chunks:\n", middle),
        ('  words: "*.embedding"\n  encoder: ["*.representation"]\n', "  words: [slots.embedding, chunks.embedding]\n"),
    )
    assert drawing.text(graph(text)).startswith(SKIPPED)


ACROSS_INPUTS = """\
relevance question
    ■               qa.query                    input unicode_words, lowercase
    ■               qa.document                 input unicode_words, lowercase, first 200 tokens
             ■      questions.text              input unicode_words, lowercase
   ■═■═══════■      words                       embedding word                                    <- qa.query + qa.document + questions.text (word_ids)
   ■═■═══════■      towers                      representation bilstm                             <- words
    ■               relevance.query.pooling     pooling max                                       <- towers
    ■               relevance.document.pooling  pooling max                                       <- towers
    ■               relevance.scorer            scorer cosine                                     <- relevance.query.pooling + relevance.document.pooling
    ■               relevance.output            output listwise_softmax                           <- relevance.scorer
             ■      question.pooling            pooling max                                       <- towers
             ■      question.decoder            decoder mlp                                       <- question.pooling
             ■      question.output             output softmax                                    <- question.decoder

9 components, 2 of them tied
■ module of the task, ■═■ tied: one module, □ needed through a condition
words: relevance.query.embedding = relevance.document.embedding = question.embedding
towers: relevance.query.representation = relevance.document.representation = question.representation
"""


def test_a_tie_across_the_inputs_of_one_task_is_seen_with_both_addresses() -> None:
    assert drawing.text(graph(RANKING)) == ACROSS_INPUTS


def test_ties_across_inputs_alone() -> None:
    text = drawing.text(graph(changed(RANKING, (", question.representation]", "]"))))
    assert "   ■═■" + " " * 14 + "towers" in text
    assert text.endswith("towers: relevance.query.representation = relevance.document.representation\n")


def test_a_tie_across_inputs_as_mermaid() -> None:
    drawn = drawing.mermaid(graph(RANKING))
    assert (
        '["towers<br/>representation bilstm<br/>relevance.query.representation = relevance.document.representation = '
        'question.representation"]:::tied\n'
    ) in drawn
    assert '(["qa.document<br/>input unicode_words, lowercase, first 200 tokens"]):::input\n' in drawn


def test_what_is_pulled_together() -> None:
    group = "  encoder: {kind: soft, strength: 0.1, members: ['*.representation']}\n"
    found = graph(changed(ALTERNATING, ('  encoder: ["*.representation"]\n', group)))
    assert drawing.text(found).endswith(
        "needed through a condition\nencoder: slots.representation ~ chunks.representation (soft, strength 0.1)\n"
    )
    drawn = drawing.mermaid(found)
    (one,) = (line.split("[")[0].strip() for line in drawn.splitlines() if "slots.representation" in line)
    (other,) = (line.split("[")[0].strip() for line in drawn.splitlines() if "chunks.representation" in line)
    assert f"  {one} -.-|soft 0.1| {other}\n" in drawn
