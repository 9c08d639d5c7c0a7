// Remarks somebody is writing on a session's changes: kept in this browser until they are sent.
import {
	MAX_COMMENT_CHARS,
	MAX_REVIEW_COMMENTS,
	reviewPrompt,
	type ReviewComment
} from '#domain/review.ts';

const PREFIX = 'agent-village.review.';

export interface DraftComment extends ReviewComment {
	id: string;
}

/** Whether a stored value is a comment: an older page, or somebody's hand, may have left anything there. */
function isComment(value: unknown): value is DraftComment {
	const one = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
	const texts = [one.id, one.path, one.quote, one.text];
	const lines = [one.from, one.to];
	return (
		texts.every((text) => typeof text === 'string' && text.length <= 5_000) &&
		lines.every((line) => Number.isInteger(line) && (line as number) > 0) &&
		(one.side === 'new' || one.side === 'old')
	);
}

/** Lines a comment is being written for. */
export interface Place {
	path: string;
	side: 'new' | 'old';
	from: number;
	to: number;
	quote: string;
}

export class ReviewDraft {
	#comments = $state.raw<DraftComment[]>([]);
	#remark = $state('');
	/** Where a comment is being written. */
	place = $state.raw<Place | null>(null);
	#key: string;

	constructor(sessionId: string) {
		this.#key = PREFIX + sessionId;
	}

	/** Reads what this browser kept; call it in the browser. */
	load(): void {
		try {
			const stored = JSON.parse(localStorage.getItem(this.#key) ?? '{}') as Record<string, unknown>;
			const comments = Array.isArray(stored.comments) ? stored.comments.filter(isComment) : [];
			this.#comments = comments.slice(0, MAX_REVIEW_COMMENTS);
			if (typeof stored.remark === 'string')
				this.#remark = stored.remark.slice(0, MAX_COMMENT_CHARS);
		} catch {
			// Storage may be forbidden or hold something else: the draft begins empty.
		}
	}

	get comments(): readonly DraftComment[] {
		return this.#comments;
	}

	get remark(): string {
		return this.#remark;
	}

	set remark(text: string) {
		this.#remark = text.slice(0, MAX_COMMENT_CHARS);
		this.#keep();
	}

	get empty(): boolean {
		return this.#comments.length === 0 && this.#remark.trim() === '';
	}

	get full(): boolean {
		return this.#comments.length >= MAX_REVIEW_COMMENTS;
	}

	/** The words that would be sent. */
	get prompt(): string {
		return reviewPrompt({ comments: this.#comments, remark: this.#remark });
	}

	ofFile(path: string): readonly DraftComment[] {
		return this.#comments.filter((comment) => comment.path === path);
	}

	add(text: string): void {
		if (!this.place || text.trim() === '' || this.full) return;
		const id = `${Date.now().toString(36)}-${this.#comments.length}`;
		this.#comments = [...this.#comments, { ...this.place, id, text: text.trim() }];
		this.place = null;
		this.#keep();
	}

	remove(id: string): void {
		this.#comments = this.#comments.filter((comment) => comment.id !== id);
		this.#keep();
	}

	clear(): void {
		this.#comments = [];
		this.#remark = '';
		this.place = null;
		this.#keep();
	}

	#keep(): void {
		try {
			if (this.empty) localStorage.removeItem(this.#key);
			else
				localStorage.setItem(
					this.#key,
					JSON.stringify({ comments: this.#comments, remark: this.#remark })
				);
		} catch {
			// Without storage the draft holds for this page.
		}
	}
}
