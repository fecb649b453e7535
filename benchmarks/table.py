"""Print the result tables of the README and of docs/reading.md from ``benchmarks/results/``.

What was not measured is left out, so that it also prints what `make bench-quick` finds.

    python benchmarks/table.py
"""

from collections.abc import Callable, Iterator
from typing import Any

from _common import read_result
from _published import AN_15, AN_M3, BITNETMCU_16, BITNETMCU_96

Row = tuple[str, ...]
Result = dict[str, Any]


def main() -> None:
    print("\n\n".join(tables()))


def tables() -> Iterator[str]:
    """Yield each table that has a row, as Markdown."""
    for head, parts in (
        (("records", "InkDigits", "beside"), RECORDS),
        (("reading", "InkDigits", "RapidOCR"), READING),
        (("training and classifying", "measured", "beside"), TRAINING),
        (("service", "InkDigits", "LitServe"), SERVICE),
        (("tuning and scaling", "measured", "beside"), SCALING),
        (("errors", "best path", "fully convolutional"), WAYS),
        (
            ("network", "misread", "drawn anew", "no digit, but read", "pages", "a drawing"),
            NETWORKS,
        ),
    ):
        rows = [
            row
            for name, rows_of in parts.items()
            if (result := read_result(name)) is not None
            for row in rows_of(result)
        ]
        if rows:
            lines = [" | ".join(cells) for cells in (head, *rows)]
            body = [f"| {line} |" for line in lines[1:]]
            yield "\n".join([f"| {lines[0]} |", "|---" * len(head) + "|", *body])


def of_fast(fast: Result) -> list[Row]:
    ours, half = fast["fast"], fast["half_minute"]
    accuracy, seconds = ours["test_accuracy"], ours["fit_seconds"]
    plain = fast["plain_seconds_to_99"]
    return [
        (
            "`train --recipe fast`",
            f"{_spread(accuracy)}; {fast['share_of_seeds_at_99']:.0%} of seeds reach 99%",
            "",
        ),
        (
            "its whole `fit`",
            f"{seconds['mean']:.2f} s, {fast['times_faster_to_99']:.0f} times faster",
            f"plain Keras to 99%: {plain['mean']:.0f} s, n = {plain['n']}",
        ),
        (
            "`train --recipe half-minute`",
            f"{_spread(half['test_accuracy'])}, in {half['fit_seconds']['mean']:.0f} s",
            "",
        ),
    ]


def of_accurate(accurate: Result) -> list[Row]:
    minutes, parameters = accurate["fit_seconds"]["mean"] / 60, accurate["parameters"]
    accuracy = _spread(accurate["test_accuracy"])
    return [
        (
            "`train --recipe accurate`, one network",
            f"{accuracy}, {parameters:,} parameters, {minutes:.0f} min",
            AN_M3.in_words(),
        ),
        (
            f"`--members {accurate['ensemble_of']}`",
            f"{accurate['ensemble_test_accuracy']:.2%}",
            AN_15.in_words(),
        ),
        ("one network, `--teacher` those", _spread(accurate["taught_test_accuracy"]), ""),
    ]


def of_tiny(tiny: Result) -> list[Row]:
    beside = {"tiny": BITNETMCU_96, "tiniest": BITNETMCU_16}
    rows = []
    for name, published in beside.items():
        file = tiny[name]["tflite"]
        accuracy, kilobytes = _spread(file["test_accuracy"]), file["weight_bytes"] / 1000
        ours = f"{accuracy}, in {kilobytes:.1f} kB of weights"
        rows.append((f"`train --recipe {name}`, as int8 `.tflite`", ours, published.in_words()))
    return rows


def of_pictures(pictures: Result) -> list[Row]:
    ours = pictures["inkdigits"]
    theirs = [pictures[who] for who in ("rapidocr", "rapidocr_line")]  # the better counts
    right = max(way["one_digit"]["right"] for way in theirs)
    all_right = max(way["several_digits"]["all_right"] for way in theirs)
    digit_errors = min(way["several_digits"]["digit_error_rate"] for way in theirs)
    one, several, none = ours["one_digit"], ours["several_digits"], ours["no_digit"]
    confusable = ours["no_digit_but_confusable"]
    return [
        (
            f"{one['pictures']} real pictures of one digit, mean by source",
            f"{one['right']:.1%} right, {one['wrong']:.2%} wrong, the rest not answered",
            f"{right:.1%} right",
        ),
        (
            f"{several['pictures']} of several digits: all right and in order",
            f"{several['all_right']:.0%}; {several['digit_error_rate']:.1%} of the digits wrong",
            f"{all_right:.0%}; {digit_errors:.0%} of the digits wrong",
        ),
        (
            f"{none['pictures']} without a digit: one is read",
            f"{none['false_reads']:.1%}",
            "",
        ),
        (
            f"{confusable['pictures']} of letters that may be digits, such as O and l: one is read",
            f"{confusable['false_reads']:.1%}",
            "",
        ),
    ]


def of_usps(usps: Result) -> list[Row]:
    return [
        (
            f"USPS, {usps['digits']:,} pictures of 16×16 pixels without a margin",
            f"{usps['right']:.1%} right, {usps['wrong']:.1%} wrong",
            "",
        ),
    ]


def of_confidence(confidence: Result) -> list[Row]:
    mnist = confidence["mnist_test"]
    return [
        (
            f"MNIST's test set, {mnist['digits']:,} framed digits",
            f"{mnist['accuracy']:.2%}, calibration error {mnist['expected_calibration_error']:.1%}",
            "",
        ),
    ]


def of_read(read: Result) -> list[Row]:
    return [
        (
            what,
            f"{read[name]['inkdigits']['milliseconds']['median']:.{places}f} ms",
            f"{read[name]['rapidocr']['milliseconds']['median']:.0f} ms"
            if "rapidocr" in read[name]
            else "",
        )
        for what, name, places in (
            ("A drawing of 28×28 pixels", "drawing_28", 1),
            ("A photo of 1 megapixel, ten digits", "photo_1_megapixel", 0),
            ("A photo of 12 megapixels, ten digits", "photo_12_megapixels", 0),
        )
    ]


def of_many(many: Result) -> list[Row]:
    small = many["small"]
    rate = small["pictures_a_second"]["median"]
    return [
        (
            f"A folder of {small['pictures']:,} pictures of 28×28 pixels",
            f"{rate:,.0f} a second, {small['peak_megabytes']['median']:.0f} MB",
            "",
        ),
    ]


def of_fuzz(fuzz: Result) -> list[Row]:
    return [
        (
            f"{fuzz['files']:,} damaged files",
            f"{fuzz['files'] - len(fuzz['bad']):,} read or refused in a sentence",
            "",
        ),
    ]


def of_training(training: Result) -> list[Row]:
    accuracy, plain = training["ours_test_accuracy"], training["plain_test_accuracy"]
    return [
        (
            f"Reference CNN, {training['epochs']} epochs, MNIST test accuracy",
            _spread(accuracy),
            f"plain Keras {plain['mean']:.2%} ± {plain['standard_deviation']:.2%}",
        ),
        (
            f"Training it, {training['epochs']} epochs",
            f"{training['ours_seconds']['median']:.0f} s",
            f"{training['time_ratio']['mean']:.2f} × plain Keras",
        ),
    ]


def of_augmentation(augmentation: Result) -> list[Row]:
    return [
        (
            "An epoch with standard augmentation",
            f"{augmentation['ratio_of_medians']['standard']:.2f} × one without",
            "",
        ),
    ]


def of_classify(classify: Result) -> list[Row]:
    one, many = classify["one_digit_microseconds"], classify["digits_per_second"]
    predict = classify["keras_predict_one_digit_microseconds"]
    return [
        (
            "One digit, reference CNN, `Reader.classify`",
            f"{one['median']:.0f} µs",
            f"`model.predict` {predict['median'] / 1000:.0f} ms",
        ),
        (
            "One digit, packaged network",
            f"{classify['packaged_one_digit_microseconds']['median']:.0f} µs",
            "",
        ),
        (
            "A picture of 320×240 pixels, `Reader.read`",
            f"{classify['read_picture_milliseconds']['median']:.1f} ms",
            "",
        ),
        ("Digits a second, reference CNN, in batches", f"{many['median']:,.0f}", ""),
    ]


def of_startup(startup: Result) -> list[Row]:
    seconds, megabytes = startup["seconds"], startup["peak_megabytes"]
    return [
        ("Memory in training", f"{startup['training_peak_megabytes']:.0f} MB", ""),
        (
            "`import inkdigits`",
            f"{seconds['import']['median'] * 1000:.0f} ms",
            f"Python alone {seconds['python']['median'] * 1000:.0f} ms",
        ),
        ("`inkdigits --help`", f"{seconds['help']['median']:.2f} s", ""),
        (
            "`inkdigits read one.png`, cold",
            f"{seconds['read']['median']:.2f} s, {megabytes['read']['median']:.0f} MB",
            "",
        ),
    ]


def of_service(service: Result) -> list[Row]:
    workers, seconds = service["workers"], service["seconds"]
    what = {"classify": "`/v1/classify`, one digit", "read": "`/v1/read`, a 28×28 PNG"}
    rows = []
    for name, words in what.items():
        there = service.get("litserve", {}).get(name)
        rows.append(
            (
                f"{words}: {service['connections']} connections, {workers} workers, {seconds} s",
                _load(service[name]),
                _load(there) if there else "",
            )
        )
    batched, alone = (
        service[f"one_worker_classify_{how}"]["requests_per_second"]
        for how in ("batched", "one_by_one")
    )
    ready, page = service["ready_seconds"]["median"], service["page_bytes"] / 1000
    processor = service["machine"]["processor"]
    return [
        *rows,
        (
            "requests gathered into batches, one worker",
            f"{batched:,.0f} a second",
            f"ours without: {alone:,.0f}",
        ),
        (
            "ready, memory of a worker, all of the page",
            f"{ready:.1f} s, {service['worker_megabytes']:.0f} MB, {page:.0f} kB",
            "",
        ),
        (f"this table's machine: {processor}", "server and load on the same 2 cores", ""),
    ]


def _load(load: Result) -> str:
    errors = "no errors" if not load["errors"] else f"{load['errors']:,} errors"
    return f"{load['requests_per_second']:,.0f} a second, p99 {load['p99_ms']:.0f} ms, {errors}"


def of_tune(tune: Result) -> list[Row]:
    best, default = tune["best"], tune["default"]
    return [
        (
            f"`tune --jobs {tune['jobs']}`: {tune['trials']} trials of the reference CNN",
            f"{tune['study_seconds'] / 60:.0f} min; {tune['ended_early']} ended early",
            "",
        ),
        (
            "its best recipe, on the test set",
            f"{_spread(best['test_accuracy'])}, {best['multiply_adds']:,} multiply-adds",
            f"default: {_spread(default['test_accuracy'])}, {default['multiply_adds']:,}",
        ),
    ]


def of_bulk(bulk: Result) -> list[Row]:
    rates = {way: found["mean"] for way, found in bulk["pictures_a_second"].items()}
    tenths = bulk["megabytes_by_tenth"]["ray"]
    return [
        (
            f"`read --engine ray`, {bulk['pictures']:,} pictures of 28×28 pixels, 2 cores",
            f"{rates['ray']:,.0f} a second",
            f"plain: {rates['plain']:,.0f} ({bulk['ratio']:.2f} ×)",
        ),
        (
            "its memory with all of Ray's, after a fifth and at the end",
            f"{tenths[1]:,.0f} and {tenths[-1]:,.0f} MB",
            "",
        ),
    ]


def of_allocator(allocator: Result) -> list[Row]:
    seconds = allocator["epoch_seconds"]
    return [
        (
            f"an epoch on {allocator['digits']:,} digits, with freed memory kept",
            f"{allocator['times_faster']:.1f} times faster",
            f"given back: {seconds['given_back']['mean']:.0f} s, n = {seconds['kept']['n']}",
        )
    ]


def of_service_fuzz(fuzz: Result) -> list[Row]:
    requests, pictures = fuzz["requests"], fuzz["pictures"]
    grown = [run["megabytes"]["grown"] for run in (requests, pictures)]
    more = "" if None in grown else f", and memory grew by {max(0.0, sum(grown)):.0f} MB"
    return [
        (
            f"{requests['sent']:,} damaged requests and {pictures['sent']:,} damaged pictures",
            f"{len(fuzz['errors'])} faults{more}",
            "",
        ),
    ]


def of_ways(both: Result) -> list[Row]:
    path, network = both["best_path"], both["fully_convolutional"]
    real = [way["real"] for way in (path, network)]
    pages = {"all": "all", "near": "digits near each other", "wide": "digits wide apart"}
    pages |= {name: name for name in ("touching", "boxed", "ruled", "squared", "shadow", "signs")}
    return [
        *(
            (
                f"{path['by_trait'][trait]['pages']} synthesised pages: {what}",
                *(f"{way['by_trait'][trait]['digit_error_rate']:.1%}" for way in (path, network)),
            )
            for trait, what in pages.items()
        ),
        (
            f"{real[0]['several_digits']['pictures']} real pictures of several digits",
            *(f"{way['several_digits']['digit_error_rate']:.1%}" for way in real),
        ),
        (
            f"{real[0]['one_digit']['pictures']} of one digit, mean by source",
            *(f"{1 - way['one_digit']['right']:.1%}" for way in real),
        ),
        (
            f"{real[0]['no_digit']['pictures']} without a digit: one is read",
            *(f"{way['no_digit']['false_reads']:.1%}" for way in real),
        ),
        (
            "a page takes",
            *(f"{way['milliseconds_a_page']:.0f} ms" for way in (path, network)),
        ),
    ]


def of_packaged(packaged: Result) -> list[Row]:
    return [
        (
            f"`{name}`",
            f"{network['validation_errors']} of {packaged['digits']:,}",
            f"{network['drawn_anew_right']:.1%} right, {network['drawn_anew_wrong']:.1%} wrong",
            f"{network['no_digit_read']:.1%}",
            f"{network['pages_exact']:.0%} of {packaged['pages']} all right",
            f"{network['drawing_milliseconds']['median']:.2f} ms",
        )
        for name, network in packaged["networks"].items()
    ]


def _spread(accuracies: Result) -> str:
    mean, deviation, n = (accuracies[key] for key in ("mean", "standard_deviation", "n"))
    return f"{mean:.2%} ± {deviation:.2%}, n = {n}" if n > 1 else f"{mean:.2%}, n = 1"


Parts = dict[str, Callable[[Result], list[Row]]]
"""By the name of the result that the rows are about."""

RECORDS: Parts = {"fast": of_fast, "accurate": of_accurate, "tiny": of_tiny}
READING: Parts = {
    "pictures": of_pictures,
    "usps": of_usps,
    "confidence": of_confidence,
    "read": of_read,
    "many": of_many,
    "fuzz": of_fuzz,
}
TRAINING: Parts = {
    "training": of_training,
    "augmentation": of_augmentation,
    "classify": of_classify,
    "startup": of_startup,
}
SERVICE: Parts = {"service": of_service, "service_fuzz": of_service_fuzz}
SCALING: Parts = {"tune": of_tune, "bulk": of_bulk, "allocator": of_allocator}
WAYS: Parts = {"fully_convolutional": of_ways}
NETWORKS: Parts = {"packaged": of_packaged}

if __name__ == "__main__":
    main()
