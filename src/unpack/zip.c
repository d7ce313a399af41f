/*
 * zip.c - zip and its family: jar, whl, nupkg, apk, vsix, docx
 *
 * Knows: the directory and the local headers, and that readers trust one or the other: members are
 * walked in the order of their place, what the directory does not name is found between them, and
 * where both disagree, both readings are given out.
 * Does not know: decoding (zip_member.c), layout of records (zip_record.c).
 */
#include "unpack/reader.h"
#include "unpack/zip_member.h"
#include "unpack/zip_record.h"

struct zip_place {
	uint64_t local_at, central_at;
};

struct zip {
	struct unpack up;
	struct bytes file;
	struct zip_end end;
	bool has_end;
	uint64_t directory_read_end; /* where the last entry of the directory ends */
	struct zip_place *places;    /* sorted by local_at */
	size_t count, next;
	uint64_t at; /* what lies before was given out, or is framing */
	struct zip_member member;
	bool unknown_end;       /* the member's packed size is what its decoder takes */
	bool second;            /* the member's local header says something else: give that, too */
	struct zip_entry local; /* that reading */
	enum { TAIL_GAP, TAIL_COMMENT, TAIL_APPENDED, TAIL_DONE } tail;
};

static void
zip_fini(struct unpack *up)
{
	struct zip *zip = (struct zip *)up;

	zip_member_free(&zip->member);
	free(zip->places);
}

static int
add_place(struct zip *zip, size_t *room, struct zip_place place)
{
	if (zip->count == *room) {
		size_t more = *room == 0 ? 64 : *room * 2;
		struct zip_place *places = reallocarray(zip->places, more, sizeof(*places));

		if (places == NULL)
			return FAULT_MEMORY;
		zip->places = places;
		*room = more;
	}
	zip->places[zip->count++] = place;
	return 0;
}

static int
compare_places(const void *a, const void *b)
{
	const struct zip_place *x = a, *y = b;

	if (x->local_at != y->local_at)
		return x->local_at < y->local_at ? -1 : 1;
	return x->central_at < y->central_at ? -1 : x->central_at > y->central_at;
}

/* Memory: 16 bytes for each entry's 46 or more in the file, and no more than may be given out. */
static int
read_directory(struct zip *zip, struct fault *fault)
{
	uint64_t at = zip->end.directory_at, last = 0, most = zip->up.budget->limits.entries;
	struct zip_entry entry;
	bool sorted = true;
	size_t room = 0;

	while (at < zip->end.first_at && zip->count <= most &&
	       zip_central_parse(zip->file, at, &entry) == 0) {
		uint64_t local = entry.local_at + zip->end.base;

		sorted &= local >= last;
		last = local;
		if (add_place(zip, &room, (struct zip_place){local, at}) < 0)
			return fault_memory(fault);
		at += entry.record_bytes;
	}
	zip->directory_read_end = at;
	if (!sorted)
		qsort(zip->places, zip->count, sizeof(*zip->places), compare_places);
	if (zip->count <= most && (zip->count & 0xffff) != (zip->end.entries & 0xffff))
		unpack_note(&zip->up, "zip-directory-differs", zip->end.at, 0, false,
			    "the end record counts %llu entries, the directory has %zu",
			    (unsigned long long)zip->end.entries, zip->count);
	return 0;
}

static int
zip_begin(struct unpack *up, struct fault *fault)
{
	struct zip *zip = (struct zip *)up;
	size_t more;
	int r;

	zip->file = bytes_make(up->in->whole, up->in->whole_bytes);
	zip->has_end = zip_find_end(zip->file, &zip->end) == 0;
	if (!zip->has_end) {
		if (zip_next_local(zip->file, 0, zip->file.left) == zip->file.left)
			return fault_set(fault, FAULT_FORMAT, "zip has no end record and no entry");
		/* What was there is examined; how much is missing nobody can know. */
		unpack_note(up, "zip-no-directory", 0, 0, true,
			    "cut or damaged: no end record, read from the local headers");
		return 0;
	}
	r = read_directory(zip, fault);
	if (r < 0)
		return r;
	more = zip_count_ends(zip->file, &zip->end);
	if (more > 0)
		unpack_note(up, "zip-end-records", zip->end.at, 0, false,
			    "%zu more end record%s: readers may see different archives", more,
			    more == 1 ? "" : "s");
	return 0;
}

/* Settle the member that was out: what its decoder left over, and where it ends. */
static int
finish_member(struct zip *zip, struct fault *fault)
{
	struct zip_member *member = &zip->member;
	struct stream *s = &member->checked.s;
	uint64_t over;
	int r = 0;

	if (!member->out)
		return 0;
	member->out = false;
	/* Only decoding to the end tells where such a member ends. */
	while (zip->unknown_end && member->decoder != NULL && r == 0 &&
	       !(s->ended && s->left == 0)) {
		r = stream_want(s, 1, NULL);
		if (r == 0)
			r = budget_bytes(zip->up.budget, s->left, fault);
		if (r == FAULT_LIMIT || r == FAULT_CANCEL)
			return r;
		if (s->left > 0)
			stream_take(s, s->left);
	}
	if (member->checked.size_lies)
		unpack_note(&zip->up, "size-lies", member->packed_at, member->packed_bytes, false,
			    "a member said to have %lld bytes has %llu",
			    (long long)member->checked.size_bytes,
			    (unsigned long long)member->checked.summed_bytes);
	over = zip_member_left_over(member);
	if (zip->unknown_end) {
		uint64_t packed = member->packed_bytes - over;

		zip->unknown_end = false;
		zip->at = member->packed_at + packed;
		zip->at += zip_descriptor_bytes(zip->file, zip->at, packed);
	} else if (over > 0) {
		/* What is packed ends before it should: go on from there. */
		zip->at = member->packed_at + member->packed_bytes - over;
	}
	return 0;
}

static int
give_odd(struct zip *zip, struct unpack_entry *entry, struct bytes name, uint64_t from, uint64_t to)
{
	struct bytes odd = bytes_slice(zip->file, (size_t)from, (size_t)(to - from));

	*entry = (struct unpack_entry){
	    .name = name,
	    .type = UNPACK_FILE,
	    .at_bytes = from,
	    .size_bytes = (int64_t)odd.left,
	    .content = &zip->member.raw,
	};
	stream_from_memory(&zip->member.raw, odd);
	return 0;
}

static bool
all_zero(struct bytes in)
{
	while (in.left > 0 && in.at[0] == 0)
		(void)bytes_skip(&in, 1);
	return in.left == 0;
}

/* Android keeps its signatures between the last entry and the directory. */
static bool
is_signing_block(const struct zip *zip, uint64_t to)
{
	return zip->has_end && to == zip->end.directory_at &&
	       bytes_ends(bytes_slice(zip->file, 0, (size_t)to), BYTES_OF("APK Sig Block 42"));
}

/* Give out the packed bytes [data_at, data_at + packed) as `reading` describes them. */
static int
give_reading(struct zip *zip, struct unpack_entry *entry, const struct zip_entry *reading,
	     bool promised, uint64_t data_at, uint64_t packed, struct fault *fault)
{
	int r;

	entry->name = reading->name;
	zip->member.packed_at = data_at;
	r = zip_member_begin(&zip->member, entry, reading, promised,
			     bytes_slice(zip->file, (size_t)data_at, (size_t)packed), fault);
	if (r == 0)
		unpack_check_names(&zip->up, entry);
	return r;
}

/* A local header that the directory does not name, at zip->at. */
static int
give_hidden(struct zip *zip, struct unpack_entry *entry, uint64_t to, struct fault *fault)
{
	struct zip_entry local;
	uint64_t packed, room;
	bool descriptor;

	(void)zip_local_parse(zip->file, zip->at, &local);
	room = to - local.data_at;
	descriptor = (local.flags & ZIP_FLAG_DESCRIPTOR) && local.packed_bytes == 0;
	packed = local.packed_bytes < room ? local.packed_bytes : room;
	if (descriptor)
		packed = local.method == ZIP_STORED
			     ? zip_next_local(zip->file, local.data_at, to) - local.data_at
			     : room;
	zip->unknown_end = descriptor && local.method != ZIP_STORED;
	entry->at_bytes = zip->at;
	if (zip->has_end)
		unpack_note(&zip->up, "hidden-entry", zip->at, local.record_bytes + packed, false,
			    "'%s' has a local header, but the directory does not name it",
			    unpack_show(local.name).text);
	zip->at = local.data_at + packed;
	return give_reading(zip, entry, &local, !descriptor, local.data_at, packed, fault);
}

#define GAP_EMPTY 2

/* Something lies in [zip->at, to) that the directory does not name.  GAP_EMPTY: nothing but zeros
 * up to the new zip->at. */
static int
give_gap(struct zip *zip, struct unpack_entry *entry, uint64_t to, struct fault *fault)
{
	uint64_t from = zip->at, local = zip_next_local(zip->file, from, to);
	bool front = from == 0;

	if (local == from)
		return give_hidden(zip, entry, to, fault);
	zip->at = local;
	if (all_zero(bytes_slice(zip->file, (size_t)from, (size_t)(local - from))))
		return GAP_EMPTY;
	if (!is_signing_block(zip, local))
		unpack_note(&zip->up, front ? "prepended-data" : "hidden-data", from, local - from,
			    false,
			    front ? "%llu bytes stand in front of the archive"
				  : "%llu bytes between the entries belong to none",
			    (unsigned long long)(local - from));
	return give_odd(zip, entry, front ? NAME_PREPENDED : NAME_HIDDEN, from, local);
}

/* Say how the local header differs from the directory; true: its reading gives other bytes or
 * another name. */
static bool
compare_readings(struct zip *zip, const struct zip_entry *central, const struct zip_entry *local)
{
	bool unsaid = (local->flags & ZIP_FLAG_DESCRIPTOR) &&
		      (local->packed_bytes == 0 || local->packed_bytes == UINT32_MAX);
	bool name = !bytes_equal(central->name, local->name);
	bool method = central->method != local->method;
	bool secret = (central->flags ^ local->flags) & ZIP_FLAG_ENCRYPTED;
	bool packed = !unsaid && central->packed_bytes != local->packed_bytes;
	bool size = !unsaid && central->size_bytes != local->size_bytes;
	bool crc = !(local->flags & ZIP_FLAG_DESCRIPTOR) && central->crc != local->crc;

	if (!(name || method || secret || packed || size || crc))
		return false;
	unpack_note(&zip->up, "zip-local-differs", local->local_at, local->record_bytes, false,
		    "'%s': local header ('%s') and directory differ in%s%s%s%s%s%s",
		    unpack_show(central->name).text, unpack_show(local->name).text,
		    name ? " name" : "", method ? " method" : "", secret ? " encryption" : "",
		    packed ? " packed size" : "", size ? " size" : "", crc ? " CRC" : "");
	return name || method || secret || packed;
}

static int
give_central(struct zip *zip, struct unpack_entry *entry, struct fault *fault)
{
	struct zip_place place = zip->places[zip->next++];
	struct zip_entry central;
	uint64_t end, room;

	(void)zip_central_parse(zip->file, place.central_at, &central);
	entry->at_bytes = place.local_at;
	if (zip_local_parse(zip->file, place.local_at, &zip->local) < 0) {
		(void)give_odd(zip, entry, central.name, place.central_at, place.central_at);
		entry->unreadable = "no local header where the directory says";
		return 0;
	}
	room = zip->file.left - zip->local.data_at;
	end = zip->local.data_at + (central.packed_bytes < room ? central.packed_bytes : room);
	if (place.local_at < zip->at || (end > zip->end.directory_at && central.packed_bytes > 0))
		unpack_note(&zip->up, "overlap", place.local_at, end - place.local_at, false,
			    "'%s' overlaps the entry before it, or the directory",
			    unpack_show(central.name).text);
	zip->second = compare_readings(zip, &central, &zip->local);
	if (zip->second && zip->local.packed_bytes == 0 &&
	    (zip->local.flags & ZIP_FLAG_DESCRIPTOR)) {
		zip->local.packed_bytes = central.packed_bytes;
		zip->local.size_bytes = central.size_bytes;
		zip->local.crc = central.crc;
	}
	if (((central.flags | zip->local.flags) & ZIP_FLAG_DESCRIPTOR))
		zip->at = zip->at > end
			      ? zip->at
			      : end + zip_descriptor_bytes(zip->file, end, central.packed_bytes);
	else
		zip->at = zip->at > end ? zip->at : end;
	return give_reading(zip, entry, &central, true, zip->local.data_at,
			    end - zip->local.data_at, fault);
}

static int
give_second(struct zip *zip, struct unpack_entry *entry, struct fault *fault)
{
	uint64_t room = zip->file.left - zip->local.data_at;
	uint64_t packed = zip->local.packed_bytes < room ? zip->local.packed_bytes : room;

	zip->second = false;
	entry->at_bytes = zip->local.local_at;
	return give_reading(zip, entry, &zip->local, true, zip->local.data_at, packed, fault);
}

/* Behind the last entry: gap, directory, end records, comment, data behind. */
static int
give_tail(struct zip *zip, struct unpack_entry *entry, struct fault *fault)
{
	const struct zip_end *end = &zip->end;
	uint64_t file_end = zip->file.left;

	if (!zip->has_end)
		return zip->at < file_end ? give_gap(zip, entry, file_end, fault) : UNPACK_END;
	if (zip->at < end->directory_at)
		return give_gap(zip, entry, end->directory_at, fault);
	if (zip->at < zip->directory_read_end)
		zip->at = zip->directory_read_end;
	if (zip->at < end->first_at)
		return give_gap(zip, entry, end->first_at, fault);
	if (zip->tail <= TAIL_COMMENT) {
		zip->tail = TAIL_APPENDED;
		if (end->comment.left > 0)
			return give_odd(zip, entry, NAME_COMMENT,
					end->behind_at - end->comment.left, end->behind_at);
	}
	if (zip->tail == TAIL_APPENDED) {
		zip->tail = TAIL_DONE;
		if (!all_zero(bytes_slice(zip->file, (size_t)end->behind_at, SIZE_MAX))) {
			unpack_note(&zip->up, "appended-data", end->behind_at,
				    file_end - end->behind_at, false,
				    "%llu bytes follow the end of the archive",
				    (unsigned long long)(file_end - end->behind_at));
			return give_odd(zip, entry, NAME_APPENDED, end->behind_at, file_end);
		}
	}
	return UNPACK_END;
}

static int
zip_next(struct unpack *up, struct unpack_entry *entry, struct fault *fault)
{
	struct zip *zip = (struct zip *)up;
	int r = finish_member(zip, fault);

	if (r < 0)
		return r;
	if (zip->second)
		return give_second(zip, entry, fault);
	do {
		uint64_t next = zip->next < zip->count ? zip->places[zip->next].local_at : 0;

		if (zip->next == zip->count)
			r = give_tail(zip, entry, fault);
		else if (next <= zip->at || zip->at >= zip->file.left)
			r = give_central(zip, entry, fault);
		else
			r = give_gap(zip, entry, next < zip->file.left ? next : zip->file.left,
				     fault);
	} while (r == GAP_EMPTY);
	return r;
}

const struct unpack_ops unpack_zip = {
    .reader_size = sizeof(struct zip),
    .begin = zip_begin,
    .next = zip_next,
    .fini = zip_fini,
};
