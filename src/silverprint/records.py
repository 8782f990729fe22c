"""Schemas of the tables: column names, types, meaning. Every stage reads and writes these and no others.

`image_id` is the SHA-256 (64 lower-case hex digits) of a picture's bytes as fetched: its one name for life.
A table on disk has exactly the columns of its schema, in this order.
"""

from typing import Final, TypeAlias

import polars as pl

Schema: TypeAlias = dict[str, pl.DataType]

TEXT: Final = pl.String()
INT: Final = pl.Int64()
REAL: Final = pl.Float64()
FLAG: Final = pl.Boolean()
WORD: Final = pl.UInt64()

IMAGE_ID: Final = r"[0-9a-f]{64}"  # the whole id
CONTRIBUTOR: Final = r"contributor:[0-9a-f]{10}"  # `page_url` of what a person gave, who has no other name than this

RAW: Final[Schema] = {
    "image_id": TEXT,  # null where nothing was stored
    # stored | duplicate (same bytes, other address) | refused (by rule) | failed (by accident)
    # | purged (taken down, and its bytes overwritten)
    "outcome": TEXT,
    "reason": TEXT,  # why not stored: robots, taken-down, http-404, timeout, not-an-image, ...; null if stored
    "url": TEXT,  # the picture's address; for archives `archive.zip!path/inside`
    "page_url": TEXT,  # the page that showed it
    "source": TEXT,  # a key of `sources` in params.yaml
    "fetched_at": TEXT,  # UTC, ISO 8601, seconds
    "status": INT,  # HTTP status, null for archives
    "content_type": TEXT,  # as the server claimed
    "etag": TEXT,  # changes when the picture changes; for a file `size:mtime`, bytes and nanoseconds
    "last_modified": TEXT,
    "robots": TEXT,  # allowed | disallowed | none (no robots.txt) | n/a
    # what the site and the picture say of training, as `core.reservations.written` has it; none: nothing; null: nobody
    # looked, as before this column
    "reservation": TEXT,
    "license": TEXT,  # SPDX identifier or address; null when unknown
    "license_evidence": TEXT,  # rel-license | json-ld | spider | manifest | list | source | contributor; null: unknown
    "source_label": TEXT,  # a label the source already had, never trusted blindly
    "caption": TEXT,  # the source's own description of the picture
    "contract": TEXT,  # the contract under which a partner gave the picture
    "consent": TEXT,  # the consent of the people shown, by the partner's or our own reference
    "stored_sha256": TEXT,  # SHA-256 of the bytes in the shard (differs where personal metadata was stripped)
    "shard": TEXT,  # file name of the shard, relative to the source's folder
    "offset": INT,  # offset of the payload in the shard, bytes
    "size": INT,  # size of the payload, bytes
    "format": TEXT,  # jpeg | png | gif | webp | ..., detected from the bytes; or unknown
}

# Parts of a source and sealed models are never written again: those from before these columns lack them; they are read
# as null.
LATER: Final = frozenset({"caption", "contract", "consent", "reservation", "weight", "boxes", "shown_to"})

INNER: Final[Schema] = {  # figures of the part inside all uniform borders; null where there are none
    "inner256_0": WORD,
    "inner256_1": WORD,
    "inner256_2": WORD,
    "inner256_3": WORD,
    "inner_top": REAL,  # top edge of that part; like the next three a share of the height or the width, 0..1
    "inner_left": REAL,
    "inner_bottom": REAL,
    "inner_right": REAL,
}
MEASURED: Final[Schema] = {
    "image_id": TEXT,
    "decodable": FLAG,  # whether the real decoder read every row
    "error": TEXT,  # reason: truncated, too-many-pixels, not-an-image, ...; null if decodable
    "width": INT,  # pixels, after EXIF orientation; null if not decodable
    "height": INT,
    "frames": INT,  # above 1: animated
    "mode": TEXT,  # Pillow mode as stored: L, RGB, CMYK, ...
    "brightness": REAL,  # mean grey, 0..255; like the next two of grey reduced to at most 256 px on its longer side
    "contrast": REAL,  # standard deviation of grey, 0..127.5
    "sharpness": REAL,  # variance of the 3x3 Laplacian of grey
    "text_lines": INT,  # bands of strokes with blank rows (or columns) between, as in lines of writing; 0 or more
    "phash64": WORD,
    "phash256_0": WORD,
    "phash256_1": WORD,
    "phash256_2": WORD,
    "phash256_3": WORD,
    **INNER,
}

THUMBNAILS: Final[Schema] = {  # thumbnails of decodable pictures; on disk they are columns of the tables of MEASURED
    "image_id": TEXT,
    "thumbnail": pl.Binary(),  # grey levels, 48 x 48 bytes row by row, the picture stretched to that square; else null
}

ALIKE: Final[Schema] = {  # pairs of pictures that may be the same
    "one": TEXT,
    "other": TEXT,  # the larger image_id
    "residual": REAL,  # residual of the two thumbnails, see `core.measures.thumbnail_alignment.residuals`
}

ROTATED: Final[Schema] = {  # pairs of pictures of which one may be the other turned, mirrored, inverted or framed
    "one": TEXT,
    "other": TEXT,
    "way": TEXT,  # one of `core.duplicates.turned_hashes.WAYS`, from `other` to `one`; or `core.measures.borders.WAY`
    "residual": REAL,  # residual of the two thumbnails, `other` turned that way; or both without borders
}

MINIATURES: Final[Schema] = {  # colours of pictures whose hashes are near to another's
    "image_id": TEXT,
    # as `core.duplicates.colour_agreement.miniature` makes it, row by row; null where it does not decode
    "miniature": pl.Binary(),
}

PIXELS: Final[Schema] = {  # pixel hashes of pictures that may have every pixel in common with another one
    "image_id": TEXT,
    "pixel_sha256": TEXT,  # SHA-256 of the decoded upright RGB pixels and their size
}

FINGERPRINTS: Final[Schema] = {  # facts that a purge keeps about a picture, so that later copies are found
    "image_id": TEXT,
    "width": INT,
    "height": INT,
    "brightness": REAL,
    "contrast": REAL,
    "phash64": WORD,
    "phash256_0": WORD,
    "phash256_1": WORD,
    "phash256_2": WORD,
    "phash256_3": WORD,
    "pixel_sha256": TEXT,
}

EMBEDDED: Final[Schema] = {"image_id": TEXT}  # image_ids of a part of the features, in the order of its rows

NOBODY: Final = "nobody"  # in `shown_to` of MANIFEST
BLUR: Final = "blur"  # the policy by which persons are shown with their faces blurred

FACES: Final[Schema] = {  # what a detector of faces found in an image that it looked at
    "image_id": TEXT,
    "faces": INT,  # how many
    "confidence": REAL,  # of the surest one, 0..1; null where there is none; likewise the next
    "size": REAL,  # height of the largest one, as a share of the image's height, 0..1
    # left, top, right and bottom of each, as shares of the upright image's width and height: "0.25,0.1,0.5,0.45 ..."
    "boxes": TEXT,
}

BLURRED: Final[Schema] = {  # images that nobody is shown but with these boxes blurred; `boxes` as in FACES
    "image_id": TEXT,
    "boxes": TEXT,
}

MANIFEST: Final[Schema] = {
    "image_id": TEXT,
    "kept": FLAG,
    # null if kept; else the first rule that rejected it, in the order of `core.cleaning.rules.REASONS`
    "reason": TEXT,
    "evidence": TEXT,  # the figure, or the other image_id, that decided; null if kept
    # what speaks against it without rejecting it: names of `core.cleaning.rules.FLAGS` with their figures, in
    # that order, "text-like:12 off-topic:7.3"; null where nothing does
    "flags": TEXT,
    # what detectors found in it of persons: kinds with the highest confidence in each, "face:0.93 plate:0.71"; null
    # where nothing is known
    "personal": TEXT,
    # who may be asked about it, for what is in `personal`: "nobody" or a tier; null: whoever its class goes to
    "shown_to": TEXT,
    "group": INT,  # near-duplicate group; pictures of one group are asked once and never straddle a split
    "source": TEXT,
    "url": TEXT,
    "page_url": TEXT,
    "license": TEXT,
    "license_evidence": TEXT,
    "fetched_at": TEXT,
    "robots": TEXT,
    "reservation": TEXT,
    "width": INT,
    "height": INT,
    "format": TEXT,
    "source_label": TEXT,
    "caption": TEXT,
    "contract": TEXT,
    "consent": TEXT,
}

SCORES: Final[Schema] = {
    "image_id": TEXT,
    "model_id": TEXT,  # null when there is no model yet
    "predicted": TEXT,  # class name; null without a model
    "confidence": REAL,  # confidence of the ensemble's mean, 0..1; null without a model
}
NONE_SCORES: Final[Schema] = {"image_id": TEXT, "none": REAL}  # chance that it is none of the classes, 0..1

ROLES: Final = ("evaluation", "train", "control", "gold", "relabel", "audit")

QUEUE: Final[Schema] = {
    "image_id": TEXT,
    "rank": INT,  # 1 is asked first
    "role": TEXT,  # one of ROLES
    # acquisition function; `random` for evaluation, control and audit, `include` for data/include.csv, `gold` for
    # data/gold.csv, `activelab` for a second look
    "strategy": TEXT,
    "score": REAL,  # acquisition value when it was picked; null where the strategy has none
    "predicted": TEXT,
    "confidence": REAL,
    "model_id": TEXT,
    "seed": INT,
    "overlap": INT,  # distinct people to ask
    "tier": TEXT,  # group of people who are asked; `crowd` is everybody
    "show_prediction": FLAG,  # whether the page pre-selects the prediction
    "features": TEXT,  # weight of each block for the strategy: "final:0.5 middle:1"; null without weights
    "why": TEXT,  # a sentence for people
    "page": INT,  # number of the page that it shares with others, from 1; null where it has a page of its own
    "max_overlap": INT,  # distinct people to ask at most, while the label is not sure; null where `overlap` is all
    "until": REAL,  # confidence of the label, 0..1, from which on nobody more is asked; null likewise, and if it judges
    "adjudicator": TEXT,  # tier of which one person is asked where people disagree; null where nobody is
    "adjudicate_below": REAL,  # confidence of the label, 0..1, below which they are; null likewise
    # of an evaluation picture, 1 or more: in a draw from strata 1 / the probability that it was drawn; of one that
    # joined later at a lower rate, for how many of the first draw's it stands; null where all were drawn alike
    "weight": REAL,
}

# Columns that a queue lacks where no row has a value.
QUEUE_OPTIONAL: Final = ("page", "max_overlap", "until", "adjudicator", "adjudicate_below", "weight")
QUEUE_ADDED: Final = frozenset({"features", "why", *QUEUE_OPTIONAL})  # missing in queues of earlier versions

# Choices beside the dataset's classes that every annotator has.
UNSURE: Final = "unsure"  # abstains
NONE_OF_THESE: Final = "not one of these"  # a class to vote for, never trained on

# The first four are answers, as they were given; the others are what became of one, or why it is none.
VOTE_STATUSES: Final = (
    "valid",
    "unsure",
    "empty",
    "unknown-class",
    "wrong-tier",
    "in-another-name",
    "superseded",
    "deleted",
    "withdrawn",
)
RETIRED: Final = "retired"  # an answer whose annotator was retired; the ledger keeps what it was
OBSOLETE: Final = "obsolete"  # an answer for a class that was split since, and others of its look; likewise
IMPORT_STATUSES: Final = ("valid", "unknown-class", "contradictory")

VOTES: Final[Schema] = {
    "image_id": TEXT,
    "round": TEXT,
    "annotator": TEXT,  # `<server>-<user id>`, the same from every machine
    "choice": TEXT,  # a class, UNSURE, NONE_OF_THESE; empty text where nothing, or more than one, was chosen
    "status": TEXT,  # one of VOTE_STATUSES; beside labels also RETIRED and OBSOLETE
    "shown_prediction": TEXT,  # the answer that the page had pre-set; left as shown where `choice` is the same
    "lead_time_s": REAL,  # seconds; of a page that pictures share an equal part for each
    "created_at": TEXT,
    "annotation_id": INT,  # shared by the answers of one page
}

ASKS: Final[Schema] = {  # questions on top of a final queue
    "image_id": TEXT,
    "extra": INT,  # more distinct people to ask
    "reason": TEXT,
    "asked_at": TEXT,
    "tier": TEXT,  # tier to ask; null: that of the picture in the queue
}

ASKS_OPTIONAL: Final = ("tier",)  # columns that it lacks where no row has a value

LABELS: Final[Schema] = {
    "image_id": TEXT,
    "label": TEXT,  # a class or NONE_OF_THESE; null where every vote abstained
    "confidence": REAL,  # 0..1
    "distribution": TEXT,  # JSON object, class -> share of the votes
    "n_votes": INT,  # votes that did not abstain
    "agreement": REAL,  # share of agreeing pairs of votes, 0..1; null below two votes
    "role": TEXT,
    "round": TEXT,  # the round that asked about the picture first
    "source": TEXT,  # human | auto | gold
}

ANNOTATORS: Final[Schema] = {
    "annotator": TEXT,
    "votes": INT,
    "abstained": INT,
    "agreement": REAL,  # share of this person's votes that equal the consensus of the others
    "median_lead_time_s": REAL,
    "state": TEXT,  # one of ANNOTATOR_STATES; votes of a retired one count in no figure but this row's
    "tier": TEXT,  # group of people that they belong to; `crowd` unless a lead said another; null for a source
    # from here on null where no vote of theirs counts; see `core.votes.annotators.reliability`
    "compared": INT,  # votes on images that others voted on, or whose label is known
    "accuracy": REAL,  # 0..1, share of them that are right
    "low": REAL,  # its 95 % interval
    "high": REAL,
    "gold_answers": INT,  # first answers about images of data/gold.csv
    "gold_accuracy": REAL,
    "gold_low": REAL,
    "gold_high": REAL,
    "beyond_chance": REAL,  # Cohen's kappa of answers and labels
    "suspicion": TEXT,  # spammer | adversary; null where there is none
    "confusion": TEXT,  # JSON object, true class -> class said -> share
}

ANNOTATOR_STATES: Final = ("active", "paused", "retired")

ANNOTATOR_LEDGER: Final[Schema] = {  # in Git; what leads decided about annotators; of each the last line counts
    "annotator": TEXT,
    "state": TEXT,  # one of ANNOTATOR_STATES
    "since": TEXT,  # UTC, ISO 8601
    "why": TEXT,
    "tier": TEXT,  # group of people that they belong to from here on; null: as before, `crowd` at first
}

ANNOTATOR_LEDGER_OPTIONAL: Final = ("tier",)  # columns that it lacks where no row has a value

VOICES: Final[Schema] = {  # what models that did not train on a picture said of it
    "image_id": TEXT,
    "model_id": TEXT,
    "probabilities": pl.List(pl.Float64),  # one probability a class that it knew, in the order of their numbers
}

BROUGHT: Final[Schema] = {  # labels that sources came with, one row a picture, as they stand at the end of a round
    "image_id": TEXT,
    "annotator": TEXT,  # `import:<source>`
    "choice": TEXT,  # a class
    "people": TEXT,  # what people alone say; null where they took no stand
}

BELIEVED: Final[Schema] = {  # brought labels of pictures on which no person's label is trained, as a model sees them
    "image_id": TEXT,
    "annotator": TEXT,
    "choice": TEXT,
    "right": REAL,  # probability that the label is right, 0..1, by models that did not learn from it
}

UNHEARD: Final[Schema] = {"image_id": TEXT, "label": TEXT}  # labels as they are without any model's voice

EVALUATION: Final[Schema] = {  # a model's predictions for the evaluation pictures, one row each
    "image_id": TEXT,
    "label": TEXT,
    "predicted": TEXT,
    "confidence": REAL,
    "probabilities": pl.List(pl.Float64),  # one probability a class, in the order of `dataset.classes`
    # for how many pictures of the pool it stands, as its queue says; null where all were drawn alike
    "weight": REAL,
}

STOP_SET: Final[Schema] = {"image_id": TEXT, "predicted": TEXT}  # predictions for pictures that nobody labelled

HELD_OUT: Final[Schema] = {  # predictions for each training picture, by models that did not see it
    "image_id": TEXT,
    "probabilities": pl.List(pl.Float64),  # one probability a class, in the order of the model's classes
}
NONE_HELD_OUT: Final[Schema] = {  # the same for the answers that taught a model to say "not one of these"
    "image_id": TEXT,
    "none": REAL,  # chance that the picture is none of the classes, 0..1
}

TAKEDOWNS: Final[Schema] = {  # in Git; one row for what was asked, and one for each picture that it named at that time
    "image_id": TEXT,  # null where the row is a rule for future pictures
    "kind": TEXT,  # image | url | domain | source
    "target": TEXT,  # the thing to take down: an image_id, an address, a domain, a source
    "why": TEXT,
    "at": TEXT,
}

WITHDRAWN: Final[Schema] = {  # pictures here that the takedowns reach: those named, and their copies
    "image_id": TEXT,
    "target": TEXT,  # target of the takedown
    "how": TEXT,  # named | url | domain | source | same-pixels
}

PURGED: Final[Schema] = {  # in Git; versions of outputs that a purge took out of DVC's cache and remotes
    "md5": TEXT,  # hash of the file, or with `.dir` that of a folder's version which has lost a file
    "at": TEXT,  # UTC, ISO 8601
}

NEIGHBOURS: Final[Schema] = {  # kept pictures in the near-duplicate group of a withdrawn one, for a person to decide
    "image_id": TEXT,
    "withdrawn": TEXT,  # the withdrawn picture; the smallest image_id of several
    "target": TEXT,  # target of its takedown
}

IMPORTS: Final[Schema] = {  # in Git; labels that sources came with, as votes
    "image_id": TEXT,
    "annotator": TEXT,  # `import:<source>`
    "said": TEXT,  # the source's own word; several with ` / ` between
    "choice": TEXT,  # the class that the word means; empty text where the status is not valid
    "status": TEXT,  # one of IMPORT_STATUSES; contradictory: its addresses of one picture say different classes
    "batch": INT,  # number of the annotator's batch, from 1; the last batch that names a picture counts
    "said_at": TEXT,  # when the picture was fetched, UTC
}

WORDS: Final[Schema] = {  # in Git; meanings of a source's own words, as a person gave them
    "source": TEXT,
    "said": TEXT,
    "choice": TEXT,  # a class or NONE_OF_THESE
    "at": TEXT,
}

INCLUDE: Final[Schema] = {  # in Git; pictures that a person wants to be asked about in a round
    "round": TEXT,
    "image_id": TEXT,
    "why": TEXT,
    "by": TEXT,
}

EXCLUDE: Final[Schema] = {"image_id": TEXT, "why": TEXT, "by": TEXT}  # in Git; never asked about, nor near-duplicates

GOLD: Final[Schema] = {  # in Git; pictures whose label is known, to check the annotators
    "image_id": TEXT,
    "label": TEXT,  # a class or NONE_OF_THESE
    "why": TEXT,  # the reason why the label is known
    "at": TEXT,
}

GOLD_ANSWERS: Final[Schema] = {
    "image_id": TEXT,
    "annotator": TEXT,
    "round": TEXT,  # the round in which the answer was given
    "exposure": INT,  # 1: the first time that this person answered about the picture
    "label": TEXT,  # the known label
    "choice": TEXT,  # empty text where the person abstained
    "right": FLAG,  # null where the person abstained
}

BLOCKED: Final[Schema] = {  # in Git; hashes of images that nobody is to see
    "kind": TEXT,  # sha256: of the file or of the pixels; phash256: the words of `core.hashing.phash`
    "hash": TEXT,  # 64 hex digits
    "why": TEXT,
}

PERSONAL: Final[Schema] = {  # in Git; findings of the user's own detectors, one row each
    "image_id": TEXT,
    "kind": TEXT,  # face, plate, ...: a to z, digits and -
    "confidence": REAL,  # 0..1
    "detector": TEXT,  # name and version of the detector
}

VERSION: Final[Schema] = {  # what a version of the release holds
    "image_id": TEXT,
    "split": TEXT,  # one of core.splits.SPLITS
    "label": TEXT,
    "label_source": TEXT,  # human | auto | imported
}

RELEASES: Final[Schema] = {  # in Git; versions of the release
    "version": INT,  # from 1
    "at": TEXT,  # when it was first made, UTC
    "round": TEXT,  # the round whose labels and model it is made of
    "digest": TEXT,  # SHA-256 of its VERSION
    "pictures": INT,
    "train": INT,
    "test": INT,
    "silver": INT,
    "imported": INT,
    "added": INT,  # pictures that the version before did not hold; like the next four, 0 in the first
    "removed": INT,  # pictures that only the version before held
    "relabelled": INT,  # pictures of another class than before
    "moved": INT,  # pictures of the same class in another split
    "renamed": INT,  # other pictures whose class has another name than before
}

RELEASES_ADDED: Final = frozenset({"imported", "renamed"})  # missing in ledgers of earlier versions

CLASSES: Final[Schema] = {  # in Git; every class that people were ever asked with
    "number": INT,  # number of the class from 0, by age, fixed for good
    "name": TEXT,
}

GATE_ROWS: Final[Schema] = {  # in Git; rows of a round that failed its gate
    "expectation": TEXT,  # as a waiver calls it
    "severity": TEXT,  # critical | warning
    "image_id": TEXT,  # null where the row is about a person
    "annotator": TEXT,  # null where the row is about a picture
    "found": TEXT,  # what was found there: names and values, "judging 3f2a..."
}

CLASS_CHANGES: Final[Schema] = {  # in Git; what leads changed in the list of classes, and so what earlier votes mean
    "at": TEXT,  # UTC, ISO 8601; changes follow each other in its order
    "change": TEXT,  # one of CLASS_CHANGE_KINDS
    "before": TEXT,  # the classes that it is about, ` / ` between; of `add`, those whose pictures may be of the new one
    "after": TEXT,  # the classes that come of them
    "why": TEXT,
    "by": TEXT,
}
CLASS_CHANGE_KINDS: Final = ("add", "rename", "merge", "split", "retire")

WAIVERS: Final[Schema] = {"round": TEXT, "expectation": TEXT, "why": TEXT, "by": TEXT}

ROUND_DECISIONS: Final[Schema] = {  # in Git; what leads decided about rounds, by commands
    "round": TEXT,
    "decision": TEXT,  # one of DECISIONS
    "why": TEXT,
    "by": TEXT,
    "at": TEXT,
}
DECISIONS: Final = ("opened", "removed", "closed-early", "pulled-late")

CONTRIBUTORS: Final[Schema] = {  # in Git; what leads decided about contributors; of each the last line counts
    "contributor": TEXT,  # the pseudonym, 10 hex digits; who labels for a study: the annotator; who never came: the key
    "decision": TEXT,  # one of CONTRIBUTOR_DECISIONS
    "why": TEXT,
    "by": TEXT,
    "at": TEXT,  # UTC, ISO 8601
}
CONTRIBUTOR_DECISIONS: Final = ("accepted", "rejected")

STUDIES: Final[Schema] = {  # in Git; studies by which people were recruited
    "study": TEXT,
    "recruiter": TEXT,  # a name in adapters.recruit.RECRUITERS
    "source": TEXT,  # the crowd that participants give pictures to; null where they label
    "theme": TEXT,
    "pictures": INT,  # of one participant, at most
    "round": TEXT,  # whose pictures participants label; null where they give pictures
    "answers": INT,  # that are asked of one participant
    "places": INT,
    "pay": INT,  # of one submission, in the hundredth part of the currency
    "currency": TEXT,
    "minutes": INT,  # that one takes
    "until": INT,  # seconds since 1970 after which links are over
    "planned_at": TEXT,
    "reference": TEXT,  # the recruiter's own name of it; null before it was made there
    "closed_at": TEXT,  # null while it is open
}

STUDIES_OPTIONAL: Final = ("round", "answers")  # columns that it lacks where no row has a value

PAYMENTS: Final[Schema] = {  # in Git; every step of every payment, in the order in which it was taken
    "study": TEXT,
    "participant": TEXT,  # key of the participant's invite
    "payment": TEXT,  # `reward`, or a bonus by its own name
    "step": TEXT,  # one of PAYMENT_STEPS
    "amount": INT,  # in the hundredth part of the study's currency; 0 of a rejection
    "reference": TEXT,  # the recruiter's own name of the payment
    "why": TEXT,
    "at": TEXT,
}
# asked: about to be sent, and while nothing follows nobody knows; paid, rejected: the end; refused: nothing was paid
PAYMENT_STEPS: Final = ("asked", "paid", "rejected", "refused")


def empty(schema: Schema) -> pl.DataFrame:
    """A table of `schema` with no rows."""
    return pl.DataFrame(schema=schema)


def conform(frame: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    """`frame` with exactly the columns and types of `schema`; columns it lacks are null."""
    if list(frame.schema.items()) == list(schema.items()):
        return frame
    return frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in schema.items()
    )
